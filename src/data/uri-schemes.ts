/**
 * Who opens which URI: iPXE's `__uri_opener` table, with SAN protocols and sockets.
 * Origin: reference/ipxe-language.md 4.1, for SAN protocols config/general.h (iPXE 0ab2277c of 2026-08-21); written
 * by hand.
 */
import type { UriSchemeSpec } from './types.js'

const everywhere = { pcbios: true, efi: true, linux: true, sbi: true } as const
/** all but platforms with SANBOOT_NULL (config/defaults/sbi.h) */
const withSan = { pcbios: true, efi: true, linux: true, sbi: false } as const
const nowhere = { pcbios: false, efi: false, linux: false, sbi: false } as const

export const uriSchemes: readonly UriSchemeSpec[] = [
  {
    scheme: 'http',
    uses: ['download', 'san'],
    needs: 'DOWNLOAD_PROTO_HTTP',
    defaultByPlatform: everywhere,
    source: 'net/tcp/http.c',
  },
  {
    scheme: 'https',
    uses: ['download', 'san'],
    needs: 'DOWNLOAD_PROTO_HTTPS',
    defaultByPlatform: { ...everywhere, pcbios: false },
    note: 'off on every platform in 1.21.1; TLS 1.2 at most',
    source: 'net/tcp/https.c',
  },
  {
    scheme: 'tftp',
    uses: ['download'],
    needs: 'DOWNLOAD_PROTO_TFTP',
    defaultByPlatform: everywhere,
    source: 'net/udp/tftp.c',
  },
  {
    scheme: 'tftm',
    uses: ['download'],
    needs: 'DOWNLOAD_PROTO_TFTP',
    defaultByPlatform: everywhere,
    note: 'multicast TFTP',
    source: 'net/udp/tftp.c',
  },
  {
    scheme: 'mtftp',
    uses: ['download'],
    needs: 'DOWNLOAD_PROTO_TFTP',
    defaultByPlatform: everywhere,
    note: 'multicast TFTP',
    source: 'net/udp/tftp.c',
  },
  {
    scheme: 'ftp',
    uses: ['download'],
    needs: 'DOWNLOAD_PROTO_FTP',
    defaultByPlatform: nowhere,
    source: 'net/tcp/ftp.c',
  },
  {
    scheme: 'nfs',
    uses: ['download'],
    needs: 'DOWNLOAD_PROTO_NFS',
    defaultByPlatform: nowhere,
    source: 'net/oncrpc/nfs_open.c',
  },
  {
    scheme: 'x-slam',
    uses: ['download'],
    needs: 'DOWNLOAD_PROTO_SLAM',
    defaultByPlatform: nowhere,
    source: 'net/udp/slam.c',
  },
  {
    scheme: 'file',
    uses: ['download'],
    needs: 'DOWNLOAD_PROTO_FILE',
    defaultByPlatform: { ...nowhere, efi: true },
    note: "file:name is relative to iPXE's own directory; file://LABEL/path names a volume",
    source: 'interface/efi/efi_local.c',
  },
  {
    scheme: 'data',
    uses: ['download'],
    needs: 'DOWNLOAD_PROTO_DATA',
    defaultByPlatform: everywhere,
    since: 'post-2.0.0 (2026-07-16)',
    note: ';base64 is understood, the media type is ignored',
    source: 'core/datauri.c',
  },
  ...(
    [
      ['iscsi', 'SANBOOT_PROTO_ISCSI', 'net/tcp/iscsi.c'],
      ['aoe', 'SANBOOT_PROTO_AOE', 'net/aoe.c'],
      ['fcp', 'SANBOOT_PROTO_FCP', 'net/fcp.c'],
      ['ib_srp', 'SANBOOT_PROTO_IB_SRP', 'net/infiniband/ib_srp.c'],
    ] as const
  ).map(([scheme, needs, source]): UriSchemeSpec => ({
    scheme,
    uses: ['san'],
    needs,
    defaultByPlatform: withSan,
    source,
  })),
  {
    scheme: 'usb',
    uses: ['san'],
    needs: 'USB_BLOCK',
    defaultByPlatform: null,
    note: 'needs a build with USB host controller drivers, too',
    source: 'drivers/usb/usbblk.c',
  },
  ...(
    [
      ['tcp', 'net/tcp.c'],
      ['udp', 'net/udp.c'],
    ] as const
  ).map(([scheme, source]): UriSchemeSpec => ({
    scheme,
    uses: ['socket'],
    needs: null,
    defaultByPlatform: everywhere,
    source,
  })),
]
