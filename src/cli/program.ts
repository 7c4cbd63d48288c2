import { Command, Option } from 'commander'
import type { Io } from './io.js'

/** What every command may be told, before or after its name. */
export interface GlobalOptions {
  project?: string
  quiet?: boolean
  verbose?: boolean
  /** False after `--no-color`; `useColor` in output.ts decides. */
  color: boolean
}

/**
 * The command line as commander knows it. A command's code is loaded when it runs, so that `--version` is quick.
 *
 * @param done receives the exit code of the command that ran
 */
export function createProgram(version: string, io: Io, done: (exitCode: number) => void): Command {
  const program = new Command('ipxetool')
    .description('Checks, builds and serves iPXE scripts and menus: from a text file to a booted machine.')
    .version(version)
    .showHelpAfterError('(run with --help for the options)')
    .exitOverride()
    // `fetch --version 44.1` is a version of what is fetched
    .enablePositionalOptions()
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
      getOutHelpWidth: () => io.stdout.columns ?? 100,
      getErrHelpWidth: () => io.stderr.columns ?? 100,
    })
    .addHelpText(
      'after',
      '\nExit codes: 0 fine, 1 problems found, 2 usage, 3 internal failure.\n' +
        'A first project: copy menus/example, change its ipxetool.yaml, then `ipxetool build && ipxetool serve`.',
    )

  const command = (spec: string, description: string, parent: Command = program): Command =>
    parent
      .command(spec)
      .description(description)
      .exitOverride()
      .option('--project <dir>', 'the boot project (a folder with ipxetool.yaml)')
      .option('--quiet', 'print problems only')
      .option('--verbose', 'print more')
      .addOption(new Option('--no-color', 'no colours; NO_COLOR is respected too'))

  command('check [paths...]', 'find mistakes in scripts, folders, a project, or - for standard input')
    .addOption(
      new Option('--format <format>', 'output format').choices([
        'pretty',
        'json',
        'jsonl',
        'sarif',
        'github',
        'gnu',
        'junit',
      ]),
    )
    .option('--json', 'the same as --format json')
    .addOption(
      new Option('--fail-on <severity>', 'exit with 1 from this severity on (default: warning)').choices([
        'error',
        'warning',
        'info',
      ]),
    )
    .option('--max <number>', 'show at most so many')
    .option('--fix', 'repair what can be repaired without changing what runs')
    .option('--diff', 'with --fix: print what would change, and write nothing')
    .option('--stdin-filename <path>', 'what - is called, and where its includes are')
    .option('--var <name=value>', 'give a build-time variable a value (repeatable)', collect, [])
    .option('--explain <rule>', 'print what a rule is about, with examples')
    .option('--strict', 'the same as --fail-on info')
    .addOption(
      new Option('--preset <name>', 'which rules run: strict has the opt-in ones, too').choices([
        'default',
        'strict',
      ]),
    )
    .option('--target <target>', 'what runs the scripts: a version of iPXE, a platform')
    .option('--online', 'ask other servers for what the scripts want from them')
    .option('--fresh', 'with --online: ask again for what was there within the last day')
    .action(async (paths: string[], options: GlobalOptions & { var: string[] }) => {
      const { runCheck } = await import('./check.js')
      done(await runCheck(paths, options, io))
    })

  command('fmt [paths...]', 'format scripts in place, or - from standard input to standard output')
    .option('--check', 'write nothing; exit with 1 when a file is not formatted')
    .option('--diff', 'print what would change, and write nothing')
    .option('--json', 'report as JSON')
    .action(async (paths: string[], options: GlobalOptions) => {
      const { runFmt } = await import('./fmt.js')
      done(await runFmt(paths, options, io))
    })

  command('build [target]', 'compile the project into the output tree (target: menus)')
    .option('--out <dir>', 'where to write the tree (default: out in the project)')
    .option('--var <name=value>', 'give a build-time variable a value (repeatable)', collect, [])
    .option('--prune', 'leave out assets that nothing leads to')
    .option('--online', 'ask other servers for what the scripts want from them')
    .option('--fresh', 'with --online: ask again for what was there within the last day')
    .option('--watch', 'go on: build again when a file of the project changes')
    .option('--json', 'report as JSON')
    .action(async (target: string | undefined, options: GlobalOptions & { var: string[] }) => {
      const { runBuild } = await import('./build.js')
      done(await runBuild(target, options, io))
    })

  command('compile', 'make loaders from the source of iPXE, with a script in them')
    .option(
      '--embed [files...]',
      'the script that runs, and files that it names; alone: the shipped chain.ipxe',
    )
    .option('--target <list>', 'loaders, separated by commas (default: undionly.kpxe,ipxe.efi,snponly.efi)')
    .option('--engine <name>', 'auto, podman, docker or native (default: auto)')
    .option('--image <name>', 'an image with a compiler, instead of the one that is built')
    .option('--base <image>', 'the Debian that the toolchain image is built from')
    .option(
      '--source <source>',
      'a folder, an archive or a URL of git (default: upstream at a pinned commit)',
    )
    .option('--ref <ref>', 'commit, tag or branch of the source')
    .option(
      '--define <name[=value]>',
      'a build option of iPXE; NAME=off leaves it out (repeatable)',
      collect,
      [],
    )
    .option('--preset <list>', 'serial, https, debug, full, small')
    .option('--trust <file>', 'trust this root certificate only (repeatable)', collect, [])
    .option('--cert <file>', 'put a certificate in (repeatable)', collect, [])
    .option('--key <file>', 'put the RSA key of a client certificate in')
    .option('--debug <objects>', 'objects of iPXE that say what they do: tls,httpcore:3')
    .option(
      '--option <numbers...>',
      'DHCP options in which the shipped script looks for its target: 224 175.201',
    )
    .option('--out <dir>', 'the output tree (default: out in the project)')
    .option('--jobs <number>', 'of make (default: one for each processor)')
    .option('--rebuild', 'compile again what was compiled before')
    .option('--list', 'which loaders there are, and when to use which')
    .option('--inspect <file>', 'tell what a loader is')
    .option('--json', 'report as JSON')
    .action(async (options: GlobalOptions & { define: string[]; trust: string[]; cert: string[] }) => {
      const { runCompile } = await import('./compile.js')
      done(await runCompile(options, io))
    })

  command('serve [dir]', 'serve an output tree over HTTP and TFTP (default: out)')
    .option('--http <port>', 'PORT, ADDRESS:PORT or off (default: 8080)')
    .option('--tftp <port>', 'PORT, ADDRESS:PORT or off (default: 69 where allowed, else 6969)')
    .option('--host <address>', 'listen on this address only')
    .option('--tls-cert <file>', 'HTTPS with this certificate (PEM)')
    .option('--tls-key <file>', 'its key')
    .option('--tls-client-ca <file>', 'let in only clients with a certificate of this authority')
    .option('--tftp-single-port', 'answer from the port that was called (NAT, containers)')
    .option('--tftp-ports <range>', 'ports for transfers, FIRST-LAST (default: any)')
    .option('--user <name>', 'started by root, go on as this user (default: owner of the tree, or nobody)')
    .option('--proxy-dhcp', 'answer DHCP, too, beside the DHCP server of the network')
    .addOption(
      new Option(
        '--dhcp <server>',
        'for a bench without a DHCP server: run one that hands out addresses',
      ).choices(['dnsmasq']),
    )
    .option('--dhcp-range <range>', 'what it hands out, FIRST-LAST (default: of the network of --interface)')
    .option('--interface <name>', 'where DHCP is answered: a name or an address (repeatable)', collect, [])
    .option('--allow <list>', 'who is answered: networks; DHCP also by MAC address (repeatable)', collect, [])
    .option(
      '--script <file>',
      'what iPXE runs, FILE or WHO=FILE (default: boot.ipxe) (repeatable)',
      collect,
      [],
    )
    .option('--loader <who=file>', 'what firmware loads (repeatable)', collect, [])
    .option(
      '--reply <who=form>',
      'how firmware is answered: direct, binl, menu, silent (repeatable)',
      collect,
      [],
    )
    .option('--replace-rom', 'iPXE in network cards gets our loader first')
    .option('--loader-fallback', 'try the next loader after two boots that ended with the first')
    .option('--pages <list>', 'networks that may see /_/ besides this machine, or off')
    .option(
      '--state <file>',
      'remembers which `boot: once` machines are installed (default: beside the tree)',
    )
    .option('--record <file>', 'keep DHCP and TFTP in a file (pcap) for `ipxetool doctor FILE`')
    .option('--print-units', 'print systemd units for this command, and end')
    .option('--json', 'URLs and events as JSON lines')
    .addHelpText(
      'after',
      '\nWHO is a MAC address, the first half of one, class=TEXT of option 60, a number of option 93, or one of\n' +
        'bios, uefi, http, i386, x86_64, arm64.',
    )
    .action(async (dir: string | undefined, options: GlobalOptions) => {
      const { runServe } = await import('./serve.js')
      done(await runServe(dir, options, io))
    })

  command(
    'doctor [tree]',
    'why does my machine not boot? TREE is an output tree, or a recording of `serve --record`',
  )
    .option('--http <port>', 'as for serve: PORT, ADDRESS:PORT or off (default: 8080)')
    .option('--tftp <port>', 'as for serve (default: 69)')
    .option('--host <address>', 'as for serve')
    .option('--tftp-single-port', 'as for serve')
    .option('--tftp-ports <range>', 'as for serve')
    .option(
      '--interface <name>',
      'the network of the machines: a name or an address (repeatable)',
      collect,
      [],
    )
    .option('--allow <list>', 'as for serve', collect, [])
    .option('--script <file>', 'as for serve', collect, [])
    .option('--loader <who=file>', 'as for serve', collect, [])
    .option('--reply <who=form>', 'as for serve', collect, [])
    .option('--replace-rom', 'as for serve')
    .option('--no-ask', 'send nothing into the network')
    .option('--tree <dir>', 'the output tree for a recording (default: out)')
    .option('--json', 'report as JSON')
    .action(async (tree: string | undefined, options: GlobalOptions) => {
      const { runDoctor } = await import('./doctor.js')
      done(await runDoctor(tree, options, io))
    })

  command('import <kind> <path>', 'turn pxelinux or netbootxyz files into an ipxetool.yaml')
    .option('--out <dir>', 'write DIR/ipxetool.yaml instead of printing it')
    .option('--json', 'report as JSON')
    .action(async (kind: string, path: string, options: GlobalOptions) => {
      const { runImport } = await import('./import.js')
      done(await runImport(kind, path, options, io))
    })

  command(
    'fetch [distro] [channel]',
    'fetch and verify kernels and initrds; without a name all that menus use',
  )
    .option(
      '--arch <list>',
      'architectures, with commas or repeated (default: those of the lock, else x86_64)',
      collect,
      [],
    )
    .option('--version <version>', 'one version instead of the newest')
    .option('--mirror <url>', "in place of the publisher's server")
    .option('--list', 'what there is, the newest versions, and what is here (with --offline nobody is asked)')
    .option('--offline', 'only what is in the store and in assets/, as the lock says')
    .option('--verify', 'hash again what is here')
    .option('--prune', 'remove what the lock does not name, from assets/ and from the store')
    .option('--export <file>', 'write what is locked to a tar for a site without internet')
    .option('--import <file>', 'take in such a tar, verified again')
    .option('--require <tier>', 'refuse less: signed, digest, tls or none')
    .option('--allow-unsigned', 'a signature may be missing; a bad one never passes')
    .option('--allow-downgrade', 'an older version than that of the lock is fine')
    .option('--key <fingerprint>', 'believe this key too (repeatable)', collect, [])
    .option('--catalog <file>', 'more distributions, or others of the same name (repeatable)', collect, [])
    .option('--limit-rate <rate>', 'bytes per second, all files together: 500k, 10M')
    .option('--parallel <count>', 'files at a time (default: 4)')
    .option('--dest <dir>', 'where assets/ and ipxetool.lock go (default: the project)')
    .option('--json', 'events as JSON lines')
    .action(async (distro: string | undefined, channel: string | undefined, options: GlobalOptions) => {
      const { runFetch } = await import('./fetch.js')
      done(await runFetch(distro, channel, options, io))
    })

  const initrd = program.command('initrd').description('work on initrds').exitOverride()
  command(
    'append <image> <files...>',
    'add files, each SOURCE or SOURCE:PATH/IN/INITRD, to an initrd',
    initrd,
  )
    .option('--output <file>', 'write another file instead of replacing the image')
    .option('--compress <how>', 'gzip, none or zstd (default: gzip)')
    .option('--mode <octal>', 'permissions of the files (default: 644, or 755 for programs)')
    .option('--json', 'report as JSON')
    .action(async (image: string, files: string[], options: GlobalOptions) => {
      const { runInitrdAppend } = await import('./initrd.js')
      done(await runInitrdAppend(image, files, options, io))
    })

  command(
    'explain <text...>',
    'what an error means: a number of iPXE, a PXE code, or what stands on the screen',
  )
    .option('--json', 'report as JSON')
    .action(async (words: string[], options: GlobalOptions) => {
      const { runExplain } = await import('./explain-error.js')
      done(await runExplain(words, options, io))
    })

  command('lsp', 'the language server for editors, over standard input and output')
    .option('--stdio', 'what editors say; there is nothing else')
    .addOption(new Option('--preset <name>', 'which rules run').choices(['default', 'strict']))
    .action(async (options: GlobalOptions & { preset?: 'default' | 'strict' }) => {
      const { runLsp } = await import('./lsp.js')
      done(await runLsp(options, io))
    })

  command('graph', 'what leads where')
    .addOption(new Option('--format <format>', 'output format').choices(['text', 'svg', 'dot', 'json']))
    .option('--json', 'the same as --format json')
    .option('--out <file>', 'write to a file')
    .option('--var <name=value>', 'give a build-time variable a value (repeatable)', collect, [])
    .action(async (options: GlobalOptions & { var: string[] }) => {
      const { runGraph } = await import('./graph.js')
      done(await runGraph(options, io))
    })

  command('machines', 'who gets what, and why')
    .option('--mac <address>', 'what the machine with this MAC address gets, in any spelling')
    .option('--uuid <uuid>', 'the same by SMBIOS UUID')
    .option('--serial <text>', 'the same by serial number')
    .option('--asset <text>', 'the same by asset tag')
    .option('--hostname <name>', 'the same by the host name that DHCP gives')
    .option('--var <name=value>', 'give a build-time variable a value (repeatable)', collect, [])
    .option('--install <ids...>', 'these are to be installed: `boot: once` counts anew')
    .option('--installed <ids...>', 'these are installed, and boot from their own disks')
    .option('--state <file>', 'where `ipxetool serve` remembers it (default: beside the tree)')
    .option('--json', 'report as JSON')
    .action(async (options: GlobalOptions & { var: string[] }) => {
      const { runMachines } = await import('./machines.js')
      done(await runMachines(options, io))
    })

  command('dhcp <kind>', "print a DHCP server's configuration, for dnsmasq, openwrt, opnsense, kea, isc ...")
    .option('--server <address>', 'IPv4 address of the TFTP server')
    .option('--http <url>', 'where the output tree is served (default: http://SERVER:8080)')
    .option('--target <url>', 'what iPXE loads (default: boot.ipxe below --http)')
    .option('--subnet <cidr>', 'the network (default: the /24 of the server)')
    .option('--range <from-to>', 'addresses to hand out (default: .100 to .199)')
    .option('--router <address>', 'the router that machines are told')
    .option('--dns <addresses>', 'DNS servers that machines are told, separated by commas')
    .option('--interface <name>', 'where the DHCP server listens')
    .option('--full', 'the DHCP server of the network (default)')
    .option('--proxy', 'beside the DHCP server of the network; dnsmasq only')
    .option('--option <number>', 'DHCP option that carries the URL too: 224, 129, 175.201 or none')
    .option('--loaders <list>', 'bios=FILE,x86_64=FILE,i386=FILE,arm64=FILE; none leaves one out')
    .option('--tftp-root <dir>', 'let dnsmasq serve this folder by TFTP')
    .option('--for <version>', 'version of the server: 2.2 or 3.0 of kea')
    .option('--json', 'what was planned and the configuration as JSON on stdout')
    .addHelpText('after', '\nKinds: dnsmasq, openwrt, opnsense, kea, isc, mikrotik, pfsense, windows.')
    .action(async (kind: string, options: GlobalOptions) => {
      const { runDhcp } = await import('./dhcp.js')
      done(await runDhcp(kind, options, io))
    })

  machine(command('run [script]', 'play a script, a built tree or a project as a machine would, without one'))
    .addOption(
      new Option(
        '--net <what>',
        'other servers than the tree: offline, tree (taken to be there), http',
      ).choices(['offline', 'tree', 'http']),
    )
    .option('--choose <entries>', 'what is picked in menus, in order: a,b,c; then nobody is at the keyboard')
    .option('--answers <file>', 'a YAML or JSON list of answers: entries, {line: …}, {key: …}, {wait: true}')
    .option('--trace', 'each command with its expansion and status')
    .option('--step', 'stop after each command; a name shows a setting')
    .option('--page <file>', 'write one HTML file that plays it in a browser')
    .option('--json', 'report as JSON')
    .addHelpText(
      'after',
      '\nExit codes: 0 something boots or the script ends well, 1 it fails or waits for somebody, 2 usage.\n' +
        'In the terminal Ctrl-\\ ends it; all other keys are those of iPXE.',
    )
    .action(async (script: string | undefined, options: GlobalOptions) => {
      const { runRun } = await import('./run.js')
      done(await runRun(script, options, io))
    })

  command('test [dir]', 'run the menu tests of a project: *.test.yaml and *.test.ts beside its menus')
    .option('--all-paths', 'pick every entry of every menu, on BIOS and UEFI, with other servers and offline')
    .option('--coverage', 'which lines of which scripts did not run')
    .option('--grep <text>', 'only tests with this in their name')
    .option('--var <name=value>', 'give a build-time variable a value (repeatable)', collect, [])
    .option('--json', 'report as JSON')
    .action(async (dir: string | undefined, options: GlobalOptions) => {
      const { runTest } = await import('./test.js')
      done(await runTest(dir, options, io))
    })

  command('boot [dir]', 'boot an output tree in QEMU, with our own server behind it (default: out)')
    .addOption(new Option('--firmware <name>', 'default: bios').choices(['bios', 'uefi', 'uefi-http']))
    .addOption(new Option('--arch <name>', 'default: x86_64').choices(['x86_64', 'i386', 'arm64']))
    .option('--loader <loader>', "stock (the distribution's iPXE), compiled (from the tree), or a file")
    .option('--script <path>', 'the first script in the tree (default: boot.ipxe)')
    .option('--memory <mib>', 'default: 512, or 1024 with UEFI')
    .option('--disk <file>', 'a disk image, raw or .qcow2, which may be written to')
    .option('--display', "QEMU's window; the serial line stays here")
    .addOption(new Option('--accel <how>', 'default: auto').choices(['auto', 'kvm', 'tcg']))
    .option('--expect <text>', 'end well when this is on the screen (repeatable, in order)', collect, [])
    .option('--keys <keys>', 'press these when the --expect before has come (repeatable)', collect, [])
    .option('--timeout <seconds>', 'default: 300 with --expect')
    .option('--screenshot <file>', 'a PNG of the screen when the last --expect has come')
    .option('--json', 'report as JSON')
    .addHelpText(
      'after',
      '\nKeys are words: enter, up, down, esc, tab, home, end, pageup, pagedown, space, ctrl-x, or characters.\n' +
        "In the terminal Ctrl-\\ switches the machine off; all other keys are the machine's.",
    )
    .action(async (dir: string | undefined, options: GlobalOptions) => {
      const { runBoot } = await import('./boot.js')
      done(await runBoot(dir, options, io))
    })

  return program
}

/** What machine it is. */
function machine(command: Command): Command {
  return command
    .option('--platform <name>', 'efi or pcbios (default: efi)')
    .option('--arch <name>', 'x86_64, i386, arm64 (default: x86_64, or i386 with pcbios)')
    .option('--mac <address>', 'MAC address')
    .option('--uuid <uuid>', 'SMBIOS UUID')
    .option('--serial <text>', 'SMBIOS serial number')
    .option('--cpu <bits>', '64 or 32: what `cpuid` finds')
    .option('--pci <address=id>', 'a PCI device, 00:03.0=1af4:1000 (repeatable)', collect)
    .option('--usb <address=id>', 'a USB device, 1:2=1d6b:0002 (repeatable)', collect)
    .option('--set <name=value>', 'a setting that is there at the start (repeatable)', collect, [])
    .option(
      '--dhcp <option=value>',
      'what DHCP said: 67=FILE, hostname=NAME, 224=URL (repeatable)',
      collect,
      [],
    )
    .option(
      '--with <name>',
      'a command or protocol that this iPXE has besides the usual (repeatable)',
      collect,
      [],
    )
    .option('--without <name>', '… and lacks (repeatable)', collect, [])
    .option('--var <name=value>', 'give a build-time variable a value (repeatable)', collect, [])
}

function collect(value: string, previous: string[] = []): string[] {
  return [...previous, value]
}
