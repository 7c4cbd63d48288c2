import type { Context } from 'mocha'

declare module 'mocha' {
  interface Runnable {
    /** why it could not run; scripts/mocha-reporter.cjs lists it */
    skipReason?: string
  }
}

/**
 * Ends a test or hook that cannot run here, because a package or permission is missing: counted as not run, with its
 * reason. With CI set that is a failure instead, unless the test depends on something that CI cannot have.
 * @throws always
 */
export function notRun(context: Context, reason: string, { allowedInCi = false } = {}): never {
  if (process.env['CI'] && !allowedInCi) throw new Error(`cannot run, which is a failure in CI: ${reason}`)
  // In a "before all" hook this is the hook; mocha then marks all tests of the suite pending.
  const runnable = context.test
  if (runnable) runnable.skipReason = reason
  return context.skip()
}
