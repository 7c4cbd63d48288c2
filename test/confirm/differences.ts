/** Where a real iPXE is known to differ from what we simulate, or cannot be asked: data, each with its reason. */
export interface Difference {
  /** which iPXE: the userspace build of the sources, or the stock one of Debian 12 in QEMU */
  readonly judge: 'userspace' | 'debian12'
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
]
