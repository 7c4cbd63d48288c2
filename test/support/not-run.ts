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
  // In a hook `test` is the hook: mocha skips every test of the suite for "before all", the current one for others.
  for (const runnable of [context.test, context.currentTest]) if (runnable) runnable.skipReason = reason
  return context.skip()
}
