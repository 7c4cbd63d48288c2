/** Where Linux stops after iPXE has done its part (`init/do_mounts.c`, `init/main.c`, dracut, initramfs-tools). */
import type { BootError } from '../boot-errors.js'

type Row = readonly [
  id: string,
  text: RegExp,
  title: string,
  cause: string,
  check: readonly string[],
  versions?: string,
]

const rows: readonly Row[] = [
  [
    'kernel-no-root',
    /VFS: (Unable to mount root fs|Cannot open root device)/i,
    'the kernel got no initrd, or no root',
    'Without an initrd the kernel looks for a root file system by itself and finds none.',
    [
      'Was `initrd` run, and did it succeed, before `boot`?',
      'On UEFI the kernel arguments need `initrd=NAME` with the name of the image (`imgstat`) where kernel or loader have no LoadFile2.',
      'Is the initrd the one of this kernel?',
    ],
    'Recent kernels take initrds from a UEFI loader by themselves (LoadFile2); with an older kernel or iPXE `initrd=` is needed.',
  ],
  [
    'kernel-no-init',
    /No working init found|Requested init .{0,100} failed|Attempted to kill init/i,
    'the kernel found no program to start',
    'The initrd or root file system was mounted, but /init does not run.',
    [
      'Is the initrd whole? Compare its size. Is it for this architecture?',
      'With several initrds a later one hides files of an earlier one.',
      'Too little memory to unpack it: give the machine more.',
    ],
  ],
  [
    'initramfs-unpack',
    /Initramfs unpacking failed|rootfs image is not initramfs|junk (in|within) (the )?compressed archive|invalid magic at start of compressed archive/i,
    'the initrd is damaged',
    'The kernel could not unpack it.',
    [
      'Was it downloaded whole, and not an error page? `imgstat` shows the size.',
      'The kernel needs to know the compression (zstd: 5.9 and newer).',
      'Appended archives have to begin at a multiple of 4 bytes: `ipxetool initrd append` sees to it.',
    ],
  ],
  [
    'kernel-out-of-memory',
    /Out of memory[^]{0,300}panic|System is deadlocked on memory|not enough memory to (load|unpack)/i,
    'too little memory',
    'The initrd and what it unpacks to do not fit.',
    ['Live systems want 2 to 4 GiB. A root file system by URL needs less than one inside the initrd.'],
  ],
  [
    'dracut-timeout',
    /dracut-initqueue[^]{0,300}timeout|Starting dracut emergency shell|Warning: \/dev\/root does not exist/i,
    'dracut did not find its root',
    'The installer or live system waited for something that never came.',
    [
      '`inst.repo=`, `inst.stage2=`, `root=live:` or `coreos.live.rootfs_url=`: can the machine reach that URL? No https with an unknown certificate.',
      'Did the network come up in Linux? `ip=dhcp`, `rd.neednet=1`, the right interface (`bootdev=`, `BOOTIF=`).',
      'rdsosreport.txt in the emergency shell has the log.',
    ],
  ],
  [
    'anaconda-repo',
    /(unable to (access|load)|Failed to fetch|could not (load|find)).{0,200}(inst\.repo|stage2|squashfs|install\.img)/i,
    'the installer could not load its tree',
    'The URL of inst.repo or inst.stage2 leads nowhere.',
    ['The URL has to be the folder that holds .treeinfo. A repository that lost its `_64` in a paste?'],
    'EL 9 and Fedora 34 ignore the names without `inst.`: `ks=`, `repo=`, `method=`.',
  ],
  [
    'live-not-found',
    /Unable to find a medium containing a live file system|ALERT! .{0,100} does not exist\. Dropping to a shell/i,
    'the live system did not find its root',
    'The initrd of Debian or Ubuntu waited for a device or URL that is not there.',
    [
      'Debian live: `boot=live fetch=URL`. Ubuntu: `url=ISO-URL` and `ip=dhcp`.',
      'Has the initrd the driver of the network card?',
    ],
  ],
  [
    'ignition',
    /ignition\[\d+\]: (failed|CRITICAL)|Failed to start Ignition/i,
    'Ignition failed',
    'The machine booted, but its Ignition config could not be fetched or applied.',
    [
      'Can it reach `ignition.config.url=`? Is the version of the spec one that this CoreOS knows? `ipxetool check` looks at `configs/`.',
      '`ignition.firstboot` and `ignition.platform.id=metal` have to be there.',
    ],
  ],
  [
    'kernel-signature',
    /bad shim signature|Loading of module with unavailable key|Kernel is locked down/i,
    'Secure Boot: a signature is missing',
    'The kernel or a module is not signed with a key that is trusted.',
    ['Use the signed kernel of the distribution, or switch Secure Boot off.'],
  ],
  [
    'kernel-silent',
    /nothing (appears|happens) after (initializing|boot)|black screen after (boot|initrd)/i,
    'the kernel runs, but prints elsewhere',
    'Kernel messages go to the last `console=`.',
    [
      'Serial: `console=ttyS0,115200n8`, with the port that the board uses (ttyS1 on many).',
      'Screen: `console=tty0`. Both may be given; the last one is the terminal.',
    ],
  ],
]

export const consoleRows: readonly BootError[] = rows.map(([id, text, title, cause, check, versions]) => ({
  id,
  from: 'kernel',
  text,
  title,
  cause,
  check,
  ...(versions !== undefined && { versions }),
}))
