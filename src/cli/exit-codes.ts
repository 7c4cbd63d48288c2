/** Exit codes of every command: a contract (design.md, "Commands"). */
export const ExitCode = {
  ok: 0,
  problems: 1,
  usage: 2,
  internal: 3,
} as const

export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode]
