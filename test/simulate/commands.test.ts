/** Every command of iPXE does what iPXE does, or says what it takes for granted: no command is silently wrong. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { commands } from '../../src/data/commands.js'
import { type Machine, makeMachine, type RunReport } from '../../src/simulate/index.js'
import { host, kernel, run, uefi } from './support.js'

interface Case {
  readonly script: string
  /** on the console, or of how it ends */
  readonly does?: RegExp
  /** what it says to take for granted */
  readonly assumes?: RegExp
}

const does = (script: string, what: RegExp): Case => ({ script, does: what })
const assumes = (script: string, what: RegExp): Case => ({ script, assumes: what })

const cases: Readonly<Record<string, Case>> = {
  autoboot: does('autoboot', /Configuring \(net0/),
  certfree: assumes('certfree', /certificates are not simulated/),
  certstat: assumes('certstat', /certificates are not simulated/),
  certstore: assumes('certstore file', /certificates are not simulated/),
  choose: does('menu\nitem a A\nchoose --default a --timeout 1 x && echo got ${x}', /got a/),
  clear: does('set x y\nclear x\nisset ${x} || echo gone', /gone/),
  colour: does('colour --rgb 0x112233 1 && echo fine', /fine/),
  config: assumes('config', /settings editor/),
  console: does('console && echo fine', /fine/),
  cpair: does('cpair --foreground 1 1 && echo fine', /fine/),
  cpuid: assumes('cpuid --ext 29 && echo 64', /processor is taken/),
  echo: does('echo a', /^a$/m),
  exit: does('exit 3', /"exit","status":3/),
  fcels: assumes('fcels x', /Fibre Channel/),
  fcstat: assumes('fcstat', /Fibre Channel/),
  fdt: does('fdt file && echo fine', /fine/),
  form: does('form\nitem x X\npresent', /"waiting","for":"form"/),
  gdbstub: assumes('gdbstub udp net0', /debugger/),
  goto: does('goto x\necho no\n:x\necho yes', /^yes$/m),
  help: does('help', /Available commands/),
  ibstat: assumes('ibstat', /InfiniBand/),
  ifclose: does('ifclose\nimgfetch http://10.0.0.1/file || echo closed', /closed/),
  ifconf: does('ifconf net0 || echo nobody', /nobody/),
  iflinkwait: does('iflinkwait net0 && echo up', /up/),
  ifopen: does('ifopen net0 && echo open', /open/),
  ifstat: does('ifstat net0', /net0: 52:54:00:12:34:56.*\[open\]/),
  imgargs: does('imgfetch file\nimgargs file a b\nimgstat', /"a b"/),
  imgdecrypt: assumes('imgdecrypt file file2', /not decrypted/),
  imgexec: does('imgexec kernel a=b', /"boot","format":".*"arguments":"a=b"/),
  imgextract: does('imgextract packed', /Could not extract/),
  imgfetch: does('imgfetch file', /file\.\.\. ok/),
  imgfree: does('imgfetch file\nimgfree\nimgstat\necho end', /ok\nend/),
  imgmem: assumes('imgmem 0x1000 16', /memory is not simulated/),
  imgselect: does('imgselect kernel && imgstat', /\[SELECTED\]/),
  imgset: does('imgset x file && echo ${x}', /content/),
  imgstat: does('imgfetch file\nimgstat', /file : 7 bytes/),
  imgtrust: does(
    'imgtrust --permanent\nimgexec kernel || imgtrust --allow || echo for ever',
    /image.*for ever/s,
  ),
  imgverify: assumes('imgverify file file2', /signatures are not checked/),
  inc: does('set x:int8 1\ninc x 2\necho ${x}', /3/),
  ipstat: assumes('ipstat', /packets are not simulated/),
  iseq: does('iseq a a && echo same', /same/),
  isset: does('isset a && echo set', /set/),
  item: does('menu\nitem a A\nchoose x', /"waiting","for":"menu"/),
  iwlist: assumes('iwlist', /wireless/),
  iwstat: assumes('iwstat', /wireless/),
  login: does('login', /"waiting"/),
  lotest: assumes('lotest net0 net0', /packets between/),
  md4sum: does('md4sum file', /616263 {2}file/),
  md5sum: does('md5sum file', /616263 {2}file/),
  menu: does('menu a\nchoose x || echo empty', /empty/),
  nslookup: does('nslookup x 10.9.8.7 && echo ${x}', /10\.9\.8\.7/),
  nstat: assumes('nstat', /neighbours/),
  ntp: assumes('ntp 10.0.0.1', /clock stays/),
  param: does('params\nparam a b\nimgfetch http://10.0.0.1/file##params && echo sent', /sent/),
  params: does('params && echo fine', /fine/),
  pciscan: assumes('pciscan x || echo none', /no PCI devices/),
  ping: assumes('ping -c 1 10.0.0.1', /taken to answer/),
  poweroff: does('poweroff', /"poweroff"/),
  present: does('form\nitem x X\npresent', /"waiting"/),
  profstat: assumes('profstat', /profiles/),
  prompt: does('prompt --timeout 10 hello || echo late', /late/),
  pxebs: assumes('pxebs net0 1', /no PXE boot server/),
  read: does('read x', /"waiting","for":"line"/),
  reboot: does('reboot', /"reboot"/),
  route: does('route', /10\.0\.0\.5\/255\.255\.255\.0/),
  sanboot: does(
    'sanboot --drive 0x81 --filename x',
    /Booting x from SAN device 0x81.*"sanboot","drive":129/s,
  ),
  sanhook: does('sanhook http://10.0.0.1/disk && sanboot', /Registered SAN device 0x80.*"uris":\["http/s),
  sanunhook: does('sanhook http://10.0.0.1/disk\nsanunhook\nsanboot', /Unregistered.*"uris":\[\]/s),
  set: does('set x y\necho ${x}', /y/),
  sha1sum: does('sha1sum file', /616263 {2}file/),
  sha224sum: does('sha224sum file', /616263 {2}file/),
  sha256sum: does('sha256sum file', /616263 {2}file/),
  sha384sum: does('sha384sum file', /616263 {2}file/),
  sha512sum: does('sha512sum file', /616263 {2}file/),
  shell: does('shell', /"waiting","for":"line"|"shell"/),
  shim: does('shim file && echo fine', /fine/),
  show: does('set x y\nshow x', /x:string = y/),
  sleep: does('sleep 1 && echo up', /up/),
  startpxe: assumes('startpxe', /PXE stack/),
  stoppxe: assumes('stoppxe', /PXE stack/),
  sync: does('sync && echo fine', /fine/),
  time: does('time echo x', /echo: 0\.0s/),
  usbscan: assumes('usbscan x || echo none', /no USB devices/),
  vcreate: does('vcreate --tag 7 net0\nifstat net0-7', /net0-7: 52:54/),
  vdestroy: does('vcreate --tag 7 net0\nvdestroy net0-7\nifstat net0-7', /no such network device/),
}

const everything: Machine = { ...uefi, with: new Set(commands.map(({ name }) => name)) }
const files = Object.fromEntries(
  Object.entries({
    file: 'content',
    file2: 'content',
    packed: Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
    kernel: kernel(),
  }).map(([name, data]) => [`http://10.0.0.1/menus/${name}`, data]),
)
files['http://10.0.0.1/file'] = 'content'
const ran = (script: string, machine = everything): RunReport =>
  run(script, machine, host(files, { digest: () => Uint8Array.from([0x61, 0x62, 0x63]) }))

describe('each command of iPXE', () => {
  it('is in the table', () => {
    const names = commands.map(({ name }) => name)
    assert.deepEqual(Object.keys(cases).sort(), names.sort())
    const reference = new URL('../../../shared/reference/ipxe-commands.json', import.meta.url)
    if (!existsSync(reference)) return
    const known = JSON.parse(readFileSync(reference, 'utf8')) as { name: string }[]
    assert.deepEqual(known.map(({ name }) => name).sort(), names)
  })

  for (const [name, { script, does: what, assumes: granted }] of Object.entries(cases)) {
    it(`${name} ${granted === undefined ? 'does what it does in iPXE' : 'says what is taken for granted'}`, () => {
      const { output, ending, assumed } = ran(script)
      const told = assumed.map(({ text }) => text).join('\n')
      if (what) assert.match(`${output}\n${JSON.stringify(ending)}`, what)
      if (granted) assert.match(told, granted)
      else if (name !== 'sanhook' && name !== 'sanunhook') assert.equal(told, '')
    })
  }
})

describe('the hardware of a simulated machine', () => {
  const says = (script: string, wish: Parameters<typeof makeMachine>[0]) => {
    const { output, assumed } = ran(script, makeMachine(wish))
    return [output, ...assumed.map(({ text }) => text)]
  }

  it('has the PCI and USB devices that are described, in order', () => {
    const script = [
      ':next',
      'pciscan at || goto end',
      'echo ${at} ${pci/${at}.0.2} ${pci/${at}.2.2} ${pci/${at}.9.3}',
      'goto next',
      ':end',
      'usbscan usb && echo ${usb} ${usb/${usb}.8.2}:${usb/${usb}.10.2}',
    ].join('\n')
    const pci = { '01:00.0': '8086:100e:020000', '00:03.0': '1af4:1000' }
    assert.deepEqual(says(script, { pci, usb: { '1:2': '1d6b:0002' } }), [
      '0x18 1af4 1000 000000\n0x100 8086 100e 020000\n0x102 1d6b:0002\n',
    ])
  })

  it('reads what was given, and says of what else nothing is known', () => {
    const set = { 'acpi/FADT.0.4.4': 'hex:01020304' }
    assert.deepEqual(says('echo ${acpi/FADT.0.4.4}', { set }), ['01020304\n'])
    assert.deepEqual(says('echo .${cpuid/2.0x80000001}.', {}), [
      '..\n',
      'nothing is known of ${cpuid/2.0x80000001}: --set cpuid/2.0x80000001=hex:… says what it is',
    ])
    assert.match(says('set pci/1 x || echo ${errno:hex}', {})[0]!, /Could not store/)
  })

  it('is a processor of 32 or 64 bits', () => {
    assert.deepEqual(says('cpuid --ext 29 || echo 32', { cpu: '32' }), ['32\n'])
    assert.deepEqual(says('cpuid --ext 29 && echo 64', { cpu: '64' }), ['64\n'])
    assert.throws(() => makeMachine({ cpu: '16' }), /no processor "16"/)
    assert.throws(() => makeMachine({ pci: { x: 'y' } }), /no PCI device/)
    assert.throws(() => makeMachine({ usb: { '1:2': 'y' } }), /no USB device/)
  })
})

describe('SAN disks', () => {
  it('are registered once, kept when that is wished, and known at the end', () => {
    const twice = ran('sanhook http://10.0.0.1/a\nsanhook http://10.0.0.1/b || echo no\nimgexec kernel')
    assert.match(twice.output, /Registered SAN device 0x80\nCould not open SAN device: .*\nno\n/)
    assert.deepEqual([...twice.drives], [[0x80, ['http://10.0.0.1/a']]])
    assert.match(
      ran('set keep-san 1\nsanhook http://10.0.0.1/a\nsanunhook').output,
      /Preserving SAN device 0x80/,
    )
    const skipped = ran('set skip-san-boot 1\nsanboot --drive 0x82 http://10.0.0.1/a && echo on')
    assert.match(skipped.output, /Skipping boot from SAN device 0x82\nUnregistered SAN device 0x82\non\n/)
  })

  it('need a network and an address that can be one', () => {
    assert.match(
      ran('ifclose\nsanhook http://10.0.0.1/a || echo no').output,
      /Could not open SAN device: .*\nno/,
    )
    assert.match(ran('sanhook nfs://10.0.0.1/a || echo no').output, /Operation not supported.*\nno/)
  })
})
