export interface Finding {
  readonly area: 'tree' | 'address' | 'port' | 'firewall' | 'network'
  /** `unknown`: it could not be looked at. */
  readonly level: 'ok' | 'warning' | 'problem' | 'unknown'
  /** One sentence or clause. */
  readonly what: string
  readonly fix?: string | undefined
}
