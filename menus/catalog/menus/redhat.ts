/**
 * What Anaconda installs, from each distribution's own tree. Folders and arguments: the netboot.xyz menus of 2026-05 and
 * the Anaconda documentation, but for CentOS 7, whose place is to be re-checked.
 *
 * Memory: what the publishers ask for where the installer comes by http, from memory: to be re-checked.
 */
import { anaconda, linux, menu, separator, variable } from 'ipxetool/menu'

const fedora = variable.url('fedora')
const centos = variable.url('centos')
const rocky = variable.url('rocky')
const almalinux = variable.url('almalinux')

/** As trees spell architectures. */
const trees = (repo: (architecture: string) => string) => ({ x86_64: repo('x86_64'), arm64: repo('aarch64') })
const needs = { memory: '3 GiB', network: true }

/** Oracle's tree has no kernel for the network, so netboot.xyz's copy of it starts; arguments name the processor. */
const oracle = (id: string, label: string, architecture: 'x86_64' | 'arm64', tree: string) => {
  const files = variable.url(`oracle-9-${architecture}`)
  return linux({
    id,
    label,
    kernel: { [architecture]: files.path('vmlinuz') },
    initrd: { [architecture]: [files.path('initrd')] },
    args: [
      'inst.text',
      ['inst.repo', variable.url('oracle').path(`OL9/baseos/latest/${tree}`)],
      ['root', `live:${files.path('squashfs.img')}`],
      'ro',
      'rd.live.image',
      ['rd.lvm', 0],
      ['rd.luks', 0],
      ['rd.md', 0],
      ['rd.dm', 0],
      ['ip', 'dhcp'],
    ],
    needs,
  })
}

export default menu({
  id: 'redhat',
  title: 'Red Hat family',
  entries: [
    anaconda({
      id: 'fedora-server',
      label: 'Fedora $<fedora-version> Server',
      repo: trees((arch) => fedora.path(`releases/$<fedora-version>/Server/${arch}/os`)),
      needs,
    }),
    anaconda({
      id: 'fedora-everything',
      label: 'Fedora $<fedora-version>, any package',
      repo: trees((arch) => fedora.path(`releases/$<fedora-version>/Everything/${arch}/os`)),
      needs,
    }),
    anaconda({
      id: 'fedora-rawhide',
      label: 'Fedora Rawhide, in development',
      repo: { x86_64: fedora.path('development/rawhide/Everything/x86_64/os') },
      needs,
    }),
    separator(),
    anaconda({
      id: 'centos-stream-10',
      label: 'CentOS Stream 10',
      repo: trees((arch) => centos.path(`10-stream/BaseOS/${arch}/os`)),
      version: 10,
      needs,
    }),
    anaconda({
      id: 'centos-stream-9',
      label: 'CentOS Stream 9',
      repo: trees((arch) => centos.path(`9-stream/BaseOS/${arch}/os`)),
      version: 9,
      needs,
    }),
    // the place in the vault is from memory: to be re-checked
    anaconda({
      id: 'centos-7',
      label: 'CentOS 7, without updates since 2024',
      repo: { x86_64: variable.url('centos-vault').path('7.9.2009/os/x86_64') },
      version: 7,
      needs: { memory: '2 GiB', network: true },
    }),
    separator(),
    ...[10, 9, 8].map((version) =>
      anaconda({
        id: `rocky-${version}`,
        label: `Rocky Linux ${version}`,
        repo: trees((arch) => rocky.path(`${version}/BaseOS/${arch}/os`)),
        version,
        needs,
      }),
    ),
    ...[10, 9, 8].map((version) =>
      anaconda({
        id: `almalinux-${version}`,
        label: `AlmaLinux ${version}`,
        repo: trees((arch) => almalinux.path(`${version}/BaseOS/${arch}/os`)),
        version,
        needs,
      }),
    ),
    oracle('oracle-9', 'Oracle Linux 9', 'x86_64', 'x86_64'),
    oracle('oracle-9-arm64', 'Oracle Linux 9 for arm64', 'arm64', 'aarch64'),
    separator(),
    anaconda({
      id: 'rescue',
      label: 'Rescue an installed system with AlmaLinux 9',
      repo: trees((arch) => almalinux.path(`9/BaseOS/${arch}/os`)),
      version: 9,
      args: ['inst.rescue'],
      needs,
    }),
  ],
})
