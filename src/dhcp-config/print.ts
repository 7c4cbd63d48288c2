/** One plan, in the words of every kind of server. */
import { dnsmasqConfig, opnsenseConfig } from './dnsmasq.js'
import { iscConfig } from './isc.js'
import { keaConfig } from './kea.js'
import { mikrotikConfig } from './mikrotik.js'
import { openwrtConfig } from './openwrt.js'
import { pfsenseConfig } from './pfsense.js'
import type { DhcpKind, DhcpPlan } from './types.js'
import { windowsConfig } from './windows.js'

const printers: Readonly<Record<DhcpKind, (plan: DhcpPlan) => string>> = {
  dnsmasq: dnsmasqConfig,
  openwrt: openwrtConfig,
  opnsense: opnsenseConfig,
  kea: keaConfig,
  isc: iscConfig,
  mikrotik: mikrotikConfig,
  pfsense: pfsenseConfig,
  windows: windowsConfig,
}

/** The configuration as text, with a newline at its end. */
export function dhcpConfig(plan: DhcpPlan): string {
  return printers[plan.kind](plan)
}
