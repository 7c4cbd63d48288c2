/** Systems that are configured at their first boot, and hosts for containers. */
import { coreos, flatcar, linux, menu, separator, variable } from 'ipxetool/menu'

const ignition = '$<ignition>'

/** `PREFIX-kernel.ARCH` and its like: the spelling of builds since Fedora 42. Metadata decides, not this line. */
const coreosFiles = (prefix: (architecture: string) => string) => {
  const files = (arch: string) => ({
    kernel: `${prefix(arch)}-kernel.${arch}`,
    initrd: [{ url: `${prefix(arch)}-initramfs.${arch}.img`, name: 'main' }],
    rootfs: `${prefix(arch)}-rootfs.${arch}.img`,
  })
  const [x86_64, arm64] = [files('x86_64'), files('aarch64')]
  return {
    kernel: { x86_64: x86_64.kernel, arm64: arm64.kernel },
    initrd: { x86_64: x86_64.initrd, arm64: arm64.initrd },
    rootfs: { x86_64: x86_64.rootfs, arm64: arm64.rootfs },
  }
}

const fcos = coreosFiles((arch) =>
  variable.url('fcos').path(`$<fcos-version>/${arch}/fedora-coreos-$<fcos-version>-live`),
)
const flatcarFolder = (arch: string) => variable.url('flatcar').path(`${arch}-usr/$<flatcar-version>`)
const talos = variable.url('talos')
const k3os = variable.url('k3os')
const harvester = variable.url('harvester')

/** The arguments name the root file system, and with it the processor. */
const kairos = (id: string, label: string, architecture: 'x86_64' | 'arm64', spelling: string) => {
  const prefix = variable
    .url('kairos')
    .path(`$<kairos-version>/kairos-$<kairos-flavor>-core-${spelling}-generic-$<kairos-version>`)
  return linux({
    id,
    label,
    kernel: { [architecture]: `${prefix}-kernel` },
    initrd: { [architecture]: [`${prefix}-initrd`] },
    args: [
      ['root', `live:${prefix}.squashfs`],
      ['rd.neednet', 1],
      ['ip', 'dhcp'],
      'rd.cos.disable',
      'netboot',
      'install-mode-interactive',
      ['selinux', 0],
    ],
    // from memory: to be re-checked
    needs: { memory: '4 GiB', network: true },
  })
}

export default menu({
  id: 'coreos',
  title: 'CoreOS and container hosts',
  entries: [
    // Fedora's documentation of live systems: files, arguments, memory
    coreos({
      id: 'fcos',
      label: 'Fedora CoreOS $<fcos-version>, live in memory',
      ...fcos,
      ignition,
      needs: { memory: '2 GiB', network: true },
    }),
    coreos({
      id: 'fcos-install',
      label: 'Fedora CoreOS: install to $<disk>, which is erased',
      ...fcos,
      ignition,
      install: '$<disk>',
      needs: { memory: '2 GiB', network: true },
    }),
    // folders as in the netboot.xyz menus of 2026-05; memory as for Fedora CoreOS
    coreos({
      id: 'rhcos',
      label: 'Red Hat CoreOS $<rhcos-version>, live in memory',
      ...coreosFiles((arch) =>
        variable.url('rhcos').path(`${arch}/dependencies/rhcos/$<rhcos-version>/latest/rhcos-live`),
      ),
      ignition,
      needs: { memory: '2 GiB', network: true },
    }),
    coreos({
      id: 'scos',
      label: 'CentOS Stream CoreOS $<scos-version>, live in memory',
      ...coreosFiles((arch) =>
        variable.url('scos').path(`$<scos-version>/${arch}/scos-$<scos-version>-live`),
      ),
      ignition,
      needs: { memory: '2 GiB', network: true },
    }),
    // Flatcar's documentation of booting with iPXE: files, arguments, memory
    flatcar({
      id: 'flatcar',
      label: 'Flatcar Container Linux $<flatcar-version>, live in memory',
      kernel: {
        x86_64: `${flatcarFolder('amd64')}/flatcar_production_pxe.vmlinuz`,
        arm64: `${flatcarFolder('arm64')}/flatcar_production_pxe.vmlinuz`,
      },
      initrd: {
        x86_64: [`${flatcarFolder('amd64')}/flatcar_production_pxe_image.cpio.gz`],
        arm64: [`${flatcarFolder('arm64')}/flatcar_production_pxe_image.cpio.gz`],
      },
      autologin: true,
      needs: { memory: '3 GiB', network: true },
    }),
    separator('Kubernetes'),
    // waits for its configuration over the network; memory from memory: to be re-checked
    linux({
      id: 'talos',
      label: 'Talos Linux',
      kernel: { x86_64: talos.path('vmlinuz-amd64'), arm64: talos.path('vmlinuz-arm64') },
      initrd: { x86_64: [talos.path('initramfs-amd64.xz')], arm64: [talos.path('initramfs-arm64.xz')] },
      args: [
        ['talos.platform', 'metal'],
        ['init_on_alloc', 1],
        'slab_nomerge',
        ['pti', 'on'],
        ['consoleblank', 0],
        ['nvme_core.io_timeout', 4294967295],
        ['printk.devkmsg', 'on'],
        ['ima_template', 'ima-ng'],
        ['ima_appraise', 'fix'],
        ['ima_hash', 'sha512'],
      ],
      needs: { memory: '2 GiB', network: true },
    }),
    kairos('kairos', 'Kairos $<kairos-version>', 'x86_64', 'amd64'),
    kairos('kairos-arm64', 'Kairos $<kairos-version> for arm64', 'arm64', 'arm64'),
    // memory from memory: to be re-checked
    linux({
      id: 'harvester',
      label: 'Harvester: install without asking, as its config says',
      kernel: { x86_64: harvester.path('harvester-vmlinuz-amd64') },
      initrd: { x86_64: [harvester.path('harvester-initrd-amd64')] },
      args: [
        ['ip', 'dhcp'],
        ['net.ifnames', 1],
        'rd.cos.disable',
        'rd.noverifyssl',
        ['root', `live:${harvester.path('harvester-rootfs-amd64.squashfs')}`],
        ['harvester.install.automatic', 'true'],
        ['harvester.install.config_url', '$<harvester-config>'],
      ],
      needs: { memory: '32 GiB', network: true },
    }),
    // memory from memory: to be re-checked
    linux({
      id: 'k3os',
      label: 'k3OS, archived, live in memory',
      kernel: { x86_64: k3os.path('k3os-vmlinuz-amd64'), arm64: k3os.path('k3os-vmlinuz-arm64') },
      initrd: { x86_64: [k3os.path('k3os-initrd-amd64')], arm64: [k3os.path('k3os-initrd-arm64')] },
      args: [
        ['k3os.mode', 'live'],
        ['printk.devkmsg', 'on'],
      ],
      needs: { memory: '2 GiB' },
    }),
  ],
})
