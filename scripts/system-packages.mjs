#!/usr/bin/env node
/**
 * The Debian packages that the tests use, a Debian kernel for the boot tests, and DHCP servers.
 *
 *   node scripts/system-packages.mjs --check      exit 0 when everything is there, else one line and exit 1
 *   node scripts/system-packages.mjs --install    gets what is missing where it may
 *
 * "May" means: apt is here, and we are root or CI is set (then by `sudo -n`). The kernel and the DHCP servers are
 * never installed into the system: their packages are downloaded and unpacked under the cache directory, which needs
 * no root, and starts no DHCP server on somebody's network.
 * Plain Node without dependencies, because it also runs before `npm ci`.
 */
import { execFileSync } from 'node:child_process'
import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
} from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** A package with what proves that it is there: a command on the PATH, or a file. */
const PACKAGES = [
  { name: 'qemu-system-x86', command: 'qemu-system-x86_64' },
  { name: 'seabios', file: '/usr/share/seabios/bios-256k.bin' },
  { name: 'ovmf', file: '/usr/share/OVMF/OVMF_CODE_4M.fd' },
  { name: 'ovmf-ia32', file: '/usr/share/OVMF/OVMF32_CODE_4M.secboot.fd' },
  { name: 'qemu-system-arm', command: 'qemu-system-aarch64' },
  { name: 'qemu-efi-aarch64', file: '/usr/share/AAVMF/AAVMF_CODE.fd' },
  { name: 'ipxe', file: '/usr/lib/ipxe/ipxe.efi' },
  { name: 'ipxe-qemu', file: '/usr/lib/ipxe/qemu/pxe-virtio.rom' },
  { name: 'dnsmasq-base', command: 'dnsmasq' },
  { name: 'iproute2', command: 'ip' },
  { name: 'busybox-static', command: 'busybox', isStatic: true },
  { name: 'cpio', command: 'cpio' },
  { name: 'tftp-hpa', command: 'tftp' },
  { name: 'curl', command: 'curl' },
  { name: 'tcpdump', command: 'tcpdump' },
  { name: 'nftables', command: 'nft' },
  { name: 'iptables', command: 'iptables-save' },
  { name: 'shellcheck', command: 'shellcheck' },
  { name: 'shfmt', command: 'shfmt' },
  { name: 'chromium', command: 'chromium' },
  { name: 'podman', command: 'podman' },
  { name: 'runc', command: 'runc' },
  { name: 'mmdebstrap', command: 'mmdebstrap' },
]

/** DHCP servers, unpacked with what they need. */
const SERVERS = [
  { name: 'kea-dhcp4-server', command: 'kea-dhcp4' },
  { name: 'isc-dhcp-server', command: 'dhcpd' },
]

/** Meta packages whose dependency is a kernel, best first: small on Debian; Ubuntu has no "cloud" kernel. */
const KERNEL_PACKAGES = ['linux-image-cloud-amd64', 'linux-image-virtual', 'linux-image-generic']

/** Debian keeps dnsmasq and ip in sbin, which is not on everybody's PATH. */
const SEARCH_PATH = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/local/sbin', '/usr/sbin', '/sbin']

/** The absolute path of a command, sbin included, or undefined. */
export function findCommand(name) {
  for (const directory of SEARCH_PATH) {
    if (directory === '') continue
    const path = join(directory, name)
    try {
      accessSync(path, constants.X_OK)
      return path
    } catch {
      // Not in this directory.
    }
  }
  return undefined
}

/** Where things are kept between runs; outside the repository, so that a clean checkout costs no download. */
export function cacheDirectory() {
  const base = process.env['XDG_CACHE_HOME']
  return join(base === undefined || base === '' ? join(homedir(), '.cache') : base, 'ipxetool-test')
}

/** Path of an unpacked kernel image (`vmlinuz-*`), the newest name first, or undefined. */
export function kernelImage() {
  const root = join(cacheDirectory(), 'kernel')
  for (const version of listing(root).reverse()) {
    const boot = join(root, version, 'boot')
    const image = listing(boot).find((name) => name.startsWith('vmlinuz-'))
    if (image !== undefined) return join(boot, image)
  }
  return undefined
}

/**
 * How to run a DHCP server: installed, or unpacked by us with its libraries.
 * Returns `{ path, env }`, or undefined.
 */
export function serverCommand(command) {
  const server = SERVERS.find((entry) => entry.command === command)
  const root = join(cacheDirectory(), 'servers', server?.name ?? command)
  const path = join(root, 'usr/sbin', command)
  if (existsSync(path)) {
    const libraries = listing(join(root, 'usr/lib')).filter((name) => name.endsWith('-linux-gnu'))
    const paths = libraries.map((name) => join(root, 'usr/lib', name))
    return { path, env: paths.length === 0 ? {} : { LD_LIBRARY_PATH: paths.join(':') } }
  }
  const installed = findCommand(command)
  return installed === undefined ? undefined : { path: installed, env: {} }
}

/** What is not here: `name` is the Debian package, `proof` the command or file that was looked for. */
export function missingPackages() {
  const missing = PACKAGES.filter((entry) => !isPresent(entry)).map((entry) => ({
    name: entry.name,
    proof: entry.command ?? entry.file,
  }))
  for (const { name, command } of SERVERS) {
    if (serverCommand(command) === undefined) missing.push({ name, proof: command })
  }
  if (kernelImage() === undefined) {
    missing.push({ name: KERNEL_PACKAGES[0], proof: join(cacheDirectory(), 'kernel/*/boot/vmlinuz-*') })
  }
  return missing
}

/**
 * Looks, and with `install` gets what is missing.
 * Returns `{ missing, message }`: what is still missing, and one line for people ('' when nothing is).
 */
export function ensureSystemPackages({ install }) {
  let missing = missingPackages()
  if (missing.length === 0) return { missing, message: '' }
  if (!install) return { missing, message: advice(missing) }
  const trouble = []
  if (findCommand('apt-get') === undefined) {
    trouble.push('there is no apt-get here')
  } else {
    attempt(trouble, () => installMissing(missing, trouble))
  }
  missing = missingPackages()
  const reason = trouble.length === 0 ? '' : ` (${trouble.join('; ')})`
  return { missing, message: missing.length === 0 ? '' : advice(missing) + reason }
}

function installMissing(missing, trouble) {
  const prefix = process.getuid?.() === 0 ? [] : ['sudo', '-n', 'env']
  const maySystem = prefix.length === 0 || Boolean(process.env['CI'])
  // Stale lists name packages that the archive no longer has, so a refresh comes before any download.
  if (maySystem)
    attempt(trouble, () => run([...prefix, 'apt-get', '-q', '-o', 'DPkg::Lock::Timeout=300', 'update']))
  const names = missing.map(({ name }) => name).filter((name) => !isUnpacked(name))
  if (names.length > 0) {
    if (maySystem) {
      const options = ['-q', '-y', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=300']
      const variables = prefix.length === 0 ? [] : ['DEBIAN_FRONTEND=noninteractive']
      attempt(trouble, () => run([...prefix, ...variables, 'apt-get', ...options, 'install', ...names]))
    } else {
      trouble.push('not root, and CI is not set')
    }
  }
  for (const { name } of missing) {
    if (name === KERNEL_PACKAGES[0]) attempt(trouble, fetchKernel)
    else if (isUnpacked(name)) attempt(trouble, () => unpack('servers', name, [name, ...missingNeeds(name)]))
  }
}

/** Not installed but unpacked under the cache directory. */
function isUnpacked(name) {
  return name === KERNEL_PACKAGES[0] || SERVERS.some((server) => server.name === name)
}

function fetchKernel() {
  const name = kernelPackage()
  // Only the image is used; the modules are most of the size.
  unpack('kernel', name, [name], ['boot'])
}

/** What would be installed along with a package, for it needs that. */
function missingNeeds(name) {
  const plan = run(['apt-get', '-s', '--no-install-recommends', 'install', name])
  return [...plan.matchAll(/^Inst (\S+)/gmu)].map(([, needed]) => needed).filter((needed) => needed !== name)
}

/**
 * Downloads packages and unpacks them into one folder below the cache directory; the final name appears only when it
 * is whole. `keep`: the folders that stay, all of them by default.
 */
function unpack(folder, name, packages, keep = undefined) {
  const root = join(cacheDirectory(), folder)
  mkdirSync(root, { recursive: true })
  const work = mkdtempSync(join(root, '.partial-'))
  try {
    // Our directory is not readable for apt's own user, so say that we download as ourselves.
    run(['apt-get', '-q', '-o', 'APT::Sandbox::User=', 'download', ...packages], work)
    const archives = listing(work).filter((file) => file.endsWith('.deb'))
    if (archives.length === 0) throw new Error(`apt-get download ${name} left no .deb`)
    const tree = join(work, 'tree')
    for (const archive of archives) run(['dpkg', '-x', join(work, archive), tree])
    for (const entry of listing(tree)) {
      if (keep !== undefined && !keep.includes(entry)) rmSync(join(tree, entry), { recursive: true })
    }
    const final = join(root, name)
    if (!existsSync(final)) renameSync(tree, final)
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

/** The concrete image package that a meta package depends on, e.g. linux-image-6.1.0-56-cloud-amd64. */
function kernelPackage() {
  for (const meta of KERNEL_PACKAGES) {
    let text
    try {
      text = run(['apt-cache', 'depends', meta])
    } catch {
      continue
    }
    const found = /^\s*Depends: (linux-image-\S+)$/mu.exec(text)
    if (found?.[1] !== undefined) return found[1]
  }
  throw new Error(`apt knows none of ${KERNEL_PACKAGES.join(', ')}`)
}

function isPresent({ command, file, isStatic }) {
  if (file !== undefined) return existsSync(file)
  const path = findCommand(command)
  return path !== undefined && (isStatic !== true || isStaticExecutable(path))
}

/** True for an ELF64 file without a PT_INTERP program header: it runs in an initrd that has no libraries. */
function isStaticExecutable(path) {
  const head = Buffer.alloc(4096)
  const handle = openSync(path, 'r')
  try {
    readSync(handle, head, 0, head.length, 0)
  } finally {
    closeSync(handle)
  }
  if (head.readUInt32BE(0) !== 0x7f454c46 || head[4] !== 2) return false
  const start = Number(head.readBigUInt64LE(32))
  const size = head.readUInt16LE(54)
  const count = head.readUInt16LE(56)
  if (start + count * size > head.length) return false
  for (let index = 0; index < count; index++) {
    if (head.readUInt32LE(start + index * size) === 3) return false
  }
  return true
}

function advice(missing) {
  const names = missing.map(({ name }) => name)
  const system = names.filter((name) => !isUnpacked(name))
  const steps = []
  if (system.length > 0) steps.push(`apt-get install ${system.join(' ')}`)
  if (names.length > system.length)
    steps.push(
      'node scripts/system-packages.mjs --install (unpacks a kernel and DHCP servers, needs no root)',
    )
  return `missing for the tests: ${names.join(' ')}; get them with: ${steps.join(' and ')}`
}

function listing(directory) {
  try {
    return readdirSync(directory)
      .filter((name) => !name.startsWith('.'))
      .sort()
  } catch {
    return []
  }
}

function attempt(trouble, action) {
  try {
    action()
  } catch (error) {
    const text = String(error?.stderr ?? '').trim() || String(error?.message ?? error)
    trouble.push(text.split('\n').at(-1))
  }
}

function run([command, ...args], cwd = undefined) {
  return execFileSync(command, args, {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 900_000,
    maxBuffer: 64 * 1024 * 1024,
    env: { ...process.env, LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive' },
  })
}

function main(args) {
  if (args.length !== 1 || (args[0] !== '--check' && args[0] !== '--install')) {
    console.error('usage: node scripts/system-packages.mjs --check | --install')
    return 2
  }
  const { missing, message } = ensureSystemPackages({ install: args[0] === '--install' })
  if (missing.length === 0) return 0
  console.error(message)
  return 1
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = main(process.argv.slice(2))
