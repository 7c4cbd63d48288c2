/** The DHCP server of Windows Server 2012 and later, by PowerShell. */
import { header, httpBootNote, purpose, untriedNote } from './text.js'
import type { DhcpPlan } from './types.js'

export function windowsConfig(plan: DhcpPlan): string {
  const { server, subnet, target, option, loaders } = plan
  const policies: string[] = []
  const definitions = new Map([[60, 'Vendor class']])
  if (option !== undefined) definitions.set(option.code, 'iPXE script')
  const options = (policy: string, values: readonly (readonly [number, string])[]): string[] =>
    values.map(
      ([id, value]) =>
        `Set-DhcpServerv4OptionValue -ScopeId $scope -PolicyName '${policy}' -OptionId ${id} -Value '${value}'`,
    )
  const firmware = (client: string, code: number, values: readonly (readonly [number, string])[]): void => {
    const name = `${client}:Arch:${String(code).padStart(5, '0')}`
    policies.push(
      '',
      `Add-DhcpServerv4Class -Name '${name}' -Type Vendor -Data '${name}'`,
      // the asterisk: firmware goes on with its UNDI version
      `Add-DhcpServerv4Policy -Name '${name}' -ScopeId $scope -Condition AND -VendorClass EQ,'${name}*' -UserClass NE,'iPXE'`,
      ...options(name, values),
    )
  }
  for (const { pxe, file } of loaders) {
    // prettier-ignore
    for (const code of pxe) firmware('PXEClient', code, [[66, server], [67, file]])
  }
  for (const { http, url } of loaders) {
    // prettier-ignore
    for (const code of http) firmware('HTTPClient', code, [[60, 'HTTPClient'], [67, url]])
  }
  return [
    header(plan, {
      does: `For a scope that exists. ${purpose(plan)}`,
      put: 'save it as ipxe.ps1 and run it once on the DHCP server, as an administrator',
      check: `Get-DhcpServerv4Policy -ScopeId ${subnet.address}`,
      reload: 'it works at once; a second run says that classes exist: remove the policies and classes first',
      cannot: [
        'Windows sends what is asked for. iPXE asks for 128 to 135 and 175 only, so 224 would never arrive.',
        'It knows iPXE by its user class only, not by option 175.',
        httpBootNote,
        `TFTP on ${server} is not set up here: \`ipxetool serve\` does it.`,
        untriedNote('Windows'),
      ],
    }),
    "$ErrorActionPreference = 'Stop'",
    `$scope = '${subnet.address}'`,
    ...[...definitions].map(
      ([id, name]) =>
        `if (-not (Get-DhcpServerv4OptionDefinition -OptionId ${id} -ErrorAction SilentlyContinue)) { Add-DhcpServerv4OptionDefinition -OptionId ${id} -Name '${name}' -Type String }`,
    ),
    '',
    "Add-DhcpServerv4Class -Name 'iPXE' -Type User -Data 'iPXE'",
    "Add-DhcpServerv4Policy -Name 'iPXE' -ScopeId $scope -Condition OR -UserClass EQ,'iPXE' -ProcessingOrder 1",
    ...options('iPXE', [[67, target], ...(option === undefined ? [] : [[option.code, target] as const])]),
    ...policies,
    '',
  ].join('\n')
}
