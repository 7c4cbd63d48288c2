/** Fedora CoreOS in memory or on the disk. What the two share is written once. */
import { coreos, form, menu, variable } from 'ipxetool/menu'

const image = variable.url('fcos').path('fedora-coreos-$<fcos-version>-live')
const files = {
  kernel: `${image}-kernel.x86_64`,
  initrd: [{ url: `${image}-initramfs.x86_64.img`, name: 'main' }],
  rootfs: `${image}-rootfs.x86_64.img`,
  ignition: variable.url('ignition'),
  needs: { memory: '2 GiB' },
}

export default menu({
  id: 'coreos',
  title: 'Fedora CoreOS $<fcos-version>',
  entries: [
    // picked without the form below, the host name is what the DHCP server gave, else `node`; the quotes must not be
    // backquotes, between which ${hostname} would be JavaScript
    coreos({
      id: 'live',
      label: 'Fedora CoreOS, live in memory',
      key: 'l',
      ...files,
      args: [['systemd.hostname', '${hostname}']],
    }),
    form({
      id: 'named',
      label: 'The same under a host name of your own',
      key: 'h',
      fields: [{ name: 'hostname', label: 'Host name', value: 'node' }],
      then: 'live',
    }),
    coreos({
      id: 'install',
      label: 'Fedora CoreOS: install to $<disk>, which is erased',
      key: 'i',
      ...files,
      install: '$<disk>',
    }),
  ],
})
