export interface Lockfile {
  packages: Record<
    string,
    { version?: string; integrity?: string; optional?: boolean; devOptional?: boolean }
  >
}
export function nodeProblem(version: string): string | undefined
export function missingFrom(lock: Lockfile, installed: Lockfile | undefined): string[]
export function ensure(): Promise<{ ok: boolean; message: string }>
