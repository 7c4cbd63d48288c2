/** Where a real iPXE is known to differ from what we simulate, or cannot be asked: data, each with its reason. */
export interface Difference {
  /** which iPXE: the userspace build of the sources, or the stock one of Debian 12 in QEMU */
  readonly judge: 'userspace' | 'debian12'
  /** absent: both */
  readonly firmware?: 'bios' | 'uefi'
  /** names of cases */
  readonly cases: RegExp
  /** `skip`: the case would stop the machine, or lacks its command; `differs`: it runs, and its result is another one */
  readonly kind: 'skip' | 'differs'
  readonly reason: string
}

export const differences: readonly Difference[] = [
  {
    judge: 'userspace',
    cases: /^menus: menu --name m Title \| (item a A|choose)/,
    kind: 'skip',
    reason:
      'core/dynui.c compares the name of each menu with that of the default one, which is a null pointer: a Linux process ends there, firmware reads address 0 and goes on',
  },
  {
    judge: 'debian12',
    cases: /\$\{a:guid\}|set a:guid/,
    kind: 'differs',
    reason: 'Debian 12 has iPXE of 2020: the type guid is of 2022, and it can be set since 2024',
  },
  {
    judge: 'debian12',
    cases: /set a:uuid /,
    kind: 'differs',
    reason: 'a uuid can be set since 2024-02-29',
  },
  {
    judge: 'debian12',
    cases: /^(exit: exit|inc: inc a) \$\{unset\}/,
    kind: 'differs',
    reason: 'core/parseopt.c took an empty word for the number 0 before 2021',
  },
  {
    judge: 'debian12',
    cases: /set a:uristring a\+b/,
    kind: 'differs',
    reason: 'core/uri.c escapes `+` in a uristring only since 2021',
  },
  {
    judge: 'debian12',
    firmware: 'bios',
    cases: /set a:int32 2147483648 \|\| set r no/,
    kind: 'differs',
    reason:
      'core/vsprintf.c negates the smallest number of a 32-bit long, which stays negative: it prints characters that are no digits',
  },
]
