/**
 * What the other diagnostics mean: those of projects, menus, configs, links and imports, which are no rules for one
 * script. `ipxetool check --explain ID` and docs/rules.md show them; a test finds every id that `src` reports.
 */
export type ExplainedArea =
  | 'project'
  | 'variables'
  | 'includes'
  | 'menus'
  | 'machines'
  | 'configs'
  | 'links'
  | 'fetch'
  | 'compile'
  | 'import'

export interface Explanation {
  readonly id: string
  readonly area: ExplainedArea
  /** One sentence, for lists. */
  readonly what: string
  /** What happens otherwise. */
  readonly why: string
  readonly fix: string
}

type Row = readonly [id: string, what: string, why: string, fix: string]

const area = (name: ExplainedArea, rows: readonly Row[]): Explanation[] =>
  rows.map(([id, what, why, fix]) => ({ id, area: name, what, why, fix }))

export const explanations: readonly Explanation[] = [
  ...area('project', [
    [
      'internal-failure',
      'A rule of `check` failed on a file.',
      'What that rule would have reported of the file is missing; the rest is complete, and `check` exits with 3.',
      'Report it with the file: it is a bug in ipxetool. Until then switch the rule off: `check: { rules: { RULE: off } }`.',
    ],
    [
      'project-file',
      '`ipxetool.yaml` cannot be read.',
      'Nothing else of the project can be checked.',
      'Make the file readable, or name another folder with `--project`.',
    ],
    [
      'project-yaml',
      '`ipxetool.yaml` is not YAML.',
      'Nothing else of the project can be checked.',
      'Repair the line that is shown; indent with blanks.',
    ],
    [
      'project-schema',
      'A key or a value of `ipxetool.yaml` that is not known.',
      'A misspelt key would be ignored in silence.',
      'Write what is expected; editors show it with `ipxetool/schema.json`.',
    ],
    [
      'project-entry',
      'The script that machines load first is not there.',
      'Machines would get "not found" for their first file.',
      'Write `boot.ipxe`, describe menus, or name another script with `entry:`.',
    ],
    [
      'project-compile',
      '`compile:` describes loaders that cannot be made.',
      '`ipxetool compile` would refuse, and the scripts cannot be checked for these loaders.',
      'Correct the name or the file that the message tells of.',
    ],
    [
      'project-collision',
      'Two files would have the same path in the output tree.',
      'One would hide the other; on some file systems upper and lower case are the same.',
      'Rename one of them.',
    ],
    [
      'project-static',
      'A static file or its folder that cannot be copied.',
      'The tree would lack it.',
      'Make it a readable file, or remove the key `static`.',
    ],
    [
      'project-link',
      'A symbolic link that leads nowhere, in a circle or out of the project.',
      'The tree would depend on files that are not in the project.',
      'Copy the file into the project.',
    ],
    [
      'project-size',
      'More files or folders than a project has.',
      'The wrong folder would be walked through for minutes.',
      'Move `ipxetool.yaml` into a folder of its own.',
    ],
    [
      'project-unreadable',
      'A file or folder that cannot be read.',
      'What is in it is not checked.',
      'Change its permissions, or take it out.',
    ],
    [
      'script-size',
      'A script that is larger than any script.',
      'iPXE holds scripts in memory.',
      'Rename it when it is no script; else split it.',
    ],
    [
      'unreadable',
      'A path that `check` was given and cannot look at.',
      'Nothing in it was checked.',
      'Change its permissions, or name another path.',
    ],
    [
      'unused-partial',
      'A script `_name.ipxe` that no script includes.',
      'It is not in the tree.',
      'Include it, or rename it.',
    ],
  ]),
  ...area('variables', [
    [
      'unknown-override',
      'A value is given to a variable that is not declared.',
      'It would have no effect.',
      'Declare it under `variables:`, or correct its name.',
    ],
    [
      'unused-variable',
      'No script uses a variable.',
      'It may be misspelt where it was meant.',
      'Use it, or remove it.',
    ],
    [
      'variable-cycle',
      'Variables refer to each other in a circle.',
      'None of them has a value.',
      'Give one of them a value of its own.',
    ],
    [
      'variable-required',
      'A variable without a value.',
      'Scripts would hold a gap.',
      'Give it with `--var NAME=VALUE`, the environment, or `default:`.',
    ],
    [
      'variable-use',
      'A variable stands where its value does not fit.',
      'The script would mean something else.',
      'Move it, or choose another value.',
    ],
    [
      'variable-value',
      'A value that is not of the type of its variable.',
      'Machines would find out while they boot.',
      'Write a value of the type, or change the type.',
    ],
    [
      'url-slash',
      'A URL and what follows it have two slashes or none between them.',
      'Most servers answer "not found".',
      'Leave one slash, in the value or in the script.',
    ],
  ]),
  ...area('includes', [
    ['include-binary', 'An included file holds NUL bytes.', 'It is no script.', 'Include a text file.'],
    [
      'include-cycle',
      'Files include each other.',
      'The script would have no end.',
      'Remove one of the includes.',
    ],
    [
      'include-limit',
      'Too many includes, or too deep.',
      'The script would not fit into the memory of a machine.',
      'Include less.',
    ],
    [
      'include-missing',
      'An included file is not there.',
      'Its lines would be missing.',
      'Correct the path; it is relative to the file that says it.',
    ],
    [
      'include-outside',
      'An include leads out of the project.',
      'The tree would depend on files that are not in the project.',
      'Copy the file into the project.',
    ],
    [
      'include-place',
      'An `include` that does not stand alone on its line.',
      'What stands beside it would be lost.',
      'Put it on a line of its own.',
    ],
    [
      'include-unfinished',
      'An included file ends in the middle of a continued line.',
      'The next line would become a part of it.',
      'Remove the backslash at its end.',
    ],
    [
      'include-unreadable',
      'An included file cannot be read.',
      'Its lines would be missing.',
      'Change its permissions.',
    ],
  ]),
  ...area('menus', [
    [
      'menu-file',
      'A menu file that cannot be used.',
      'Its menus are missing.',
      'Export what `menu()` gives: `export default menu({ … })`.',
    ],
    [
      'menu-syntax',
      'A menu file that is not TypeScript.',
      'Its menus are missing.',
      'Repair the line that is shown.',
    ],
    [
      'menu-error',
      'A menu file failed while it ran.',
      'Its menus are missing.',
      'Repair the line that is shown.',
    ],
    [
      'menu-timeout',
      'A menu file did not end in time.',
      'Its menus are missing.',
      'Look for a loop, or for something that waits.',
    ],
    [
      'menu-not-deterministic',
      'A menu file gives something else each time.',
      'The same project should give the same tree.',
      'Take clock, random numbers and network out of it.',
    ],
    [
      'menu-schema',
      'A field of a menu or an entry that is not known, or of the wrong kind.',
      'The entry cannot be made into a script.',
      'Write what is expected.',
    ],
    [
      'menu-text',
      'A text that would not stay in its place in a script.',
      'iPXE would read a part of it as a command or a comment.',
      'Take the character out that is shown.',
    ],
    [
      'duplicate-menu',
      'Two menus have the same id.',
      'The id is the name of the script.',
      'Rename one of them.',
    ],
    [
      'duplicate-entry',
      'Two entries of a menu have the same id.',
      'The id is a label of the script.',
      'Rename one of them.',
    ],
    [
      'duplicate-key',
      'Two entries of a menu have the same key.',
      'Only the first could be picked with it.',
      'Give one of them another key.',
    ],
    [
      'missing-entry',
      'Something names an entry or a menu that is not there.',
      'The machine would go nowhere.',
      'Correct the name.',
    ],
    [
      'reserved-id',
      'An id that the script needs for itself.',
      'Two labels would be the same.',
      'Choose another id.',
    ],
    [
      'missing-architecture',
      'An entry has files for an architecture, but not all that it needs there.',
      'Machines of that architecture would be offered an entry that cannot start.',
      'Add the file, or say whom the entry is for: `needs: { architecture: x86_64 }`.',
    ],
    [
      'unreachable-menu',
      'No submenu and no machine leads to a menu.',
      'Nobody ever sees it.',
      'Add a submenu entry, or take the menu out.',
    ],
  ]),
  ...area('machines', [
    [
      'duplicate-machine',
      'Two machines have the same id or the same key.',
      'Only one of them could be meant.',
      'Rename one, or correct its `match`.',
    ],
    [
      'console-not-used',
      'A machine has a console, and the entry that it starts has another of its own.',
      'What the entry says counts before what a machine says, so that its text goes to another port.',
      'Remove the `console` of the entry, or that of the machine.',
    ],
    [
      'machine-match',
      'Nothing says which machine is meant.',
      'It would never be found.',
      'Give `match` a MAC address, UUID, serial number, asset tag or host name.',
    ],
    [
      'machine-boot',
      'A machine is to boot what is not there, or only once.',
      'A folder of files cannot remember who has booted: it would be installed again and again.',
      'Name a menu and an entry that exist. For `boot: once` let `ipxetool serve` serve the tree, and write `servedBy: ipxetool`.',
    ],
    [
      'machines-not-asked',
      'No script asks which machine it runs on.',
      'What `machines:` says would have no effect.',
      'Chain `machines/index.ipxe` before the first menu.',
    ],
    [
      'missing-group',
      'A machine or group names a group that is not there.',
      'Its values would be missing.',
      'Correct the name, or add the group.',
    ],
    [
      'group-cycle',
      'Groups extend each other in a circle.',
      'Their values cannot be told.',
      'Take `extends` out of one.',
    ],
  ]),
  ...area('configs', [
    [
      'config-syntax',
      'A file below `configs/` is not the JSON or YAML that it should be.',
      'The machine stops in its first minutes.',
      'Repair the line that is shown.',
    ],
    [
      'config-ignition',
      'An Ignition version that is missing or not known.',
      'The machine stops in the initramfs.',
      'Write a version that the system reads, say 3.4.0.',
    ],
    [
      'config-secret',
      'A password or key that everybody who can reach the server can read.',
      'HTTP and TFTP ask for no name.',
      'Use a hash, a public key, or a secret store.',
    ],
    [
      'config-unreadable',
      'A file below `configs/` cannot be read.',
      'The tree would lack it.',
      'Change its permissions; put large files into `static/`.',
    ],
  ]),
  ...area('links', [
    [
      'missing-target',
      'A script or config names a file that is not in the tree.',
      'The machine gets "not found" after a minute of waiting.',
      'Correct the path (iPXE resolves it relative to the script), or add the file.',
    ],
    [
      'wrong-kind',
      'A file is not what the command that loads it needs.',
      'iPXE says "Exec format error", or the kernel panics without its initrd.',
      'Fetch the file again, or swap the two.',
    ],
    [
      'unreachable-script',
      'Nothing leads from the entry to a script.',
      'No machine ever runs it.',
      'Chain it from a menu, or take it out.',
    ],
    [
      'orphan-file',
      'Nothing in the tree leads to a file.',
      'It takes space.',
      '`ipxetool build --prune` leaves such assets out.',
    ],
    [
      'chain-loop',
      'Scripts only chain each other.',
      'The machine turns in a circle until its memory is full.',
      'Add an `exit`, or something to boot.',
    ],
    [
      'url-length',
      'A URL is longer than what DHCP can carry.',
      'The header has room for 127 bytes, an option for 255; servers cut or refuse the rest.',
      'Shorten the host, the folder or the name.',
    ],
    [
      'memory-too-small',
      'An entry needs more memory than it says, or than a machine has.',
      'The kernel panics after the download.',
      'State more, give the machine more, or boot it with something smaller.',
    ],
    [
      'bios-initrd-limit',
      'The initrds do not fit where a kernel on BIOS can have them.',
      'The boot fails with "No buffer space available".',
      'Boot by UEFI, or let the system fetch its root file system by URL.',
    ],
    [
      'dead-link',
      'Another server does not have a file, or not for machines that boot (`--online`).',
      'The machine gets "not found".',
      'Look for the current version, or keep a copy in the tree.',
    ],
    [
      'no-network',
      'No other server answers (`--online`).',
      'Links to other servers stay unchecked.',
      'Go online, set `https_proxy`, or leave `--online` out.',
    ],
  ]),
  ...area('fetch', [
    [
      'catalog-file',
      'A catalog of distributions that cannot be used.',
      'Nothing in it can be fetched.',
      'Repair the place that is shown.',
    ],
    [
      'lock-file',
      '`ipxetool.lock` cannot be used.',
      'Names like `coreos stable` in menus stand for nothing.',
      'Take the last good one from version control, or remove it and fetch again.',
    ],
    [
      'asset-not-locked',
      'A menu uses a distribution that `ipxetool.lock` does not name, or names more than once.',
      'Nobody can say which files the entry loads.',
      'Run `ipxetool fetch` for it, or name the channel.',
    ],
    [
      'asset-incomplete',
      'A fetched set lacks a file that this kind of entry needs.',
      'The kernel would start without its initrd or its root file system.',
      'Add the file to the entry, or give it the kind that the distribution is booted by.',
    ],
    [
      'asset-not-here',
      'A file is in `ipxetool.lock` but not below `assets/`.',
      'Machines load it from the publisher, which a site without internet cannot.',
      'Run `ipxetool fetch`; with `--offline` it comes from the store.',
    ],
    [
      'asset-changed',
      'A file below `assets/` is not the one that `ipxetool.lock` names.',
      'Machines would boot bytes that nobody has verified.',
      'Run `ipxetool fetch` again, which puts the verified file back.',
    ],
    [
      'asset-unreadable',
      'A fetched file cannot be read.',
      'The tree would lack it.',
      'Change its permissions, or fetch it again.',
    ],
  ]),
  ...area('compile', [
    [
      'embed-size',
      'A file to embed is empty or too large.',
      'A loader has to fit into the memory that firmware gives it.',
      'Embed a short script that chains to the rest.',
    ],
    [
      'embed-nul',
      'A NUL byte is in a script to embed.',
      'iPXE does not read what follows it.',
      'Take it out.',
    ],
    [
      'embed-magic',
      'A script to embed does not begin with `#!ipxe`.',
      'iPXE would not run it.',
      'Make it the first bytes, without a byte order mark or an empty line before them.',
    ],
    [
      'embed-marker',
      'A script holds the word by which ipxetool finds its place in a loader.',
      'The script in the loader could not be exchanged safely.',
      'Write something else there.',
    ],
    [
      'embed-include',
      'A script to embed includes another file.',
      'Only a build puts files together; the loader would have a comment there.',
      'Build the script first, or write the lines into it.',
    ],
    [
      'missing-command',
      'A loader will not have a command that its script uses.',
      'The script ends there.',
      'Define the build option that brings the command, or put `||` behind it.',
    ],
    [
      'missing-protocol',
      'A loader cannot speak the protocol of a URL in its script.',
      'The download fails on the machine.',
      'Define the option that brings it, or use another protocol.',
    ],
    [
      'added-protocol',
      'A build option was switched on because a URL in the script needs it.',
      'Without it the download would fail.',
      'Nothing has to be done; define the option yourself to say that you know.',
    ],
    [
      'slot-size',
      'The place for scripts in UEFI loaders has a wrong size.',
      'A script could not be put in.',
      'Take one of the sizes that the message names.',
    ],
    [
      'unknown-build-option',
      'A build option that iPXE does not have.',
      'It would be ignored without a word.',
      'Correct the spelling; `ipxetool compile --list` names them all.',
    ],
    [
      'maybe-build-option',
      'A build option that the source may not have yet.',
      'It would change nothing.',
      'Take a newer source, or leave the option out.',
    ],
    [
      'foreign-build-option',
      'A build option that this firmware, processor or source does not have.',
      'The compile would end in an error of the linker.',
      'Define it for the other firmware alone (`bios:NAME`, `efi:NAME`), or take another source.',
    ],
    [
      'build-option-value',
      'A build option has a value that it cannot have.',
      'The compile would fail, or the loader would do something else.',
      'Give one of the values that are named.',
    ],
    [
      'serial-port-value',
      'A serial port or its speed is not one that iPXE knows.',
      'The console would stay silent.',
      'Use COM1 to COM4 or an address, and a usual speed such as 115200.',
    ],
    [
      'build-option-conflict',
      'Two build options do not go together.',
      'One of them would have no effect, or the compile would fail.',
      'Leave one out.',
    ],
    [
      'build-option-needs',
      'A build option does nothing without another.',
      'The loader would not have what was asked for.',
      'Define the other one as well.',
    ],
    [
      'serial-without-console',
      'A serial port is set up, but there is no serial console.',
      'Nothing is printed there.',
      'Add `--preset serial`.',
    ],
    [
      'serial-spcr',
      'A table of the firmware wins over the serial port that is set.',
      'The console may be at another port.',
      'Define SERIAL_FIXED too.',
    ],
    [
      'serial-on-efi',
      'A serial console in a UEFI loader.',
      'Most firmware mirrors its console there, and every letter comes twice.',
      'Leave it out unless your firmware does not.',
    ],
    [
      'serial-on-arm',
      'A serial port of PCs is set for arm64.',
      'It does nothing there.',
      'Leave it out: the firmware says where the console is.',
    ],
    [
      'old-https',
      'The source is too old for https.',
      'Today’s servers speak no cipher that it knows.',
      'Take a source of 2.0.0 or newer, or use http.',
    ],
    [
      'certificate',
      'A file with a certificate or a key cannot be used.',
      'The loader would trust something else, or nothing.',
      'Give a PEM file as the message says.',
    ],
    [
      'debug-list',
      'The list of objects to debug cannot be read.',
      'Make would fail.',
      'Write names of objects with commas between them, such as dhcp,tls:3.',
    ],
  ]),
  ...area('import', [
    [
      'import-file',
      'A file or folder to import that cannot be read.',
      'What is in it is not carried over.',
      'Change its permissions, or name another.',
    ],
    [
      'import-syntax',
      'A text that is not in the language of the file.',
      'The line is not carried over.',
      'Correct it there, or write the entry by hand.',
    ],
    [
      'import-include',
      'An include that leads nowhere or in a circle.',
      'Its entries are missing.',
      'Name the folder that the paths are relative to.',
    ],
    [
      'import-too-large',
      'More than any real tree has.',
      'The rest is not carried over.',
      'Import a part of it.',
    ],
    [
      'import-unsupported',
      'Something that nothing here does.',
      'It is not carried over.',
      'Write the entry by hand, say as `raw`.',
    ],
    [
      'import-unknown-arguments',
      'A live system whose kernel arguments are not known.',
      'It may not find its root file system.',
      'Look the arguments up and add them.',
    ],
    [
      'import-missing',
      'Something that is named and not there.',
      'What names it is not carried over.',
      'Correct the name.',
    ],
    [
      'import-password',
      'A menu password that is gone.',
      'Everybody can pick the entry.',
      'Protect the network, or the server, instead.',
    ],
    ['import-url', 'An address that cannot be downloaded from.', 'The entry would fail.', 'Write a URL.'],
    [
      'import-text',
      'A text that no script can hold.',
      'It is changed or left out.',
      'Write it in another way.',
    ],
    ['import-key', 'A hotkey that is taken.', 'Another one is used.', 'Choose one with `key:`.'],
    [
      'import-name',
      'A file name that no machine asks for.',
      'Its menu is not carried over.',
      'Name it as PXELINUX does.',
    ],
    [
      'import-look',
      'Colours, help texts and pictures.',
      'They are not carried over.',
      'Nothing; menus look as iPXE shows them.',
    ],
    [
      'import-split-files',
      'Files whose other half is not listed.',
      'The entry may miss a part.',
      'Put the parts together.',
    ],
  ]),
]

export function findExplanation(id: string): Explanation | undefined {
  return explanations.find((known) => known.id === id)
}
