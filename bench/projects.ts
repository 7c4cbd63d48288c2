/** Boot projects of a given size, as labs have them: menus, groups of machines, some machines with values of their own. */
import { stringify } from 'yaml'

export interface ProjectSize {
  menus: number
  machines: number
}

/** Of five machines one has a value of its own, so that its script is like no other. */
const ownValues = 5
const perGroup = 25
const listedAtTheTop = 20

/** The text of `ipxetool.yaml`: a first menu that opens others, and these each with six systems to boot. */
export function projectText({ menus, machines }: ProjectSize): string {
  const menuId = (number: number) => `menu-${number}`
  const opened = (number: number) => {
    // a tree, so that every menu can be reached: menu 0 opens 1..20, menu 1 opens 21..40
    const first = number * listedAtTheTop + 1
    return Array.from({ length: listedAtTheTop }, (_, at) => first + at).filter((next) => next < menus)
  }
  const groups = Math.max(1, Math.ceil(machines / perGroup))
  return stringify(
    {
      title: 'A lab of a thousand machines',
      variables: {
        mirror: { type: 'url', value: 'http://mirror.example.net/pub' },
        'host-name': { type: 'string', value: 'unknown' },
        site: { type: 'string', value: 'north' },
      },
      menus: Array.from({ length: menus }, (_, number) => ({
        id: number === 0 ? 'main' : menuId(number),
        title: `Systems, page ${number + 1}`,
        timeout: '30s',
        default: 'system-1',
        entries: [
          ...Array.from({ length: 5 }, (_, at) => ({
            kind: 'linux',
            id: `system-${at + 1}`,
            label: `Release ${number % 30}.${at + 1}, installer over the serial line`,
            kernel: `$<mirror>/release-${number}/${at + 1}/x86_64/vmlinuz`,
            initrd: [`$<mirror>/release-${number}/${at + 1}/x86_64/initrd.img`],
            args: ['ip=dhcp', 'quiet', ['hostname', '$<host-name>'], ['site', '$<site>']],
          })),
          { kind: 'local', id: 'disk', label: 'Start from the disk' },
          ...opened(number).map((next) => ({ kind: 'submenu', menu: menuId(next) })),
        ],
      })),
      groups: Array.from({ length: groups }, (_, number) => ({
        id: `rack-${number + 1}`,
        menu: number % menus === 0 ? 'main' : menuId(number % menus),
        entry: `system-${(number % 5) + 1}`,
        console: `ttyS${number % 2},115200`,
        ...(number % 4 === 0 && { variables: { site: `hall-${number % 3}` } }),
      })),
      machines: Array.from({ length: machines }, (_, number) => ({
        id: machineName(number),
        match: { mac: macOf(number) },
        group: `rack-${Math.floor(number / perGroup) + 1}`,
        ...(number % ownValues === 0 && { variables: { 'host-name': `${machineName(number)}.example.net` } }),
      })),
    },
    { lineWidth: 0 },
  )
}

export function machineName(number: number): string {
  return `node-${String(number + 1).padStart(5, '0')}`
}

export function macOf(number: number): string {
  const last = [16, 8, 0].map((shift) => ((number >> shift) & 0xff).toString(16).padStart(2, '0'))
  return `52:54:00:${last.join(':')}`
}
