import { IpxetoolError } from '../diagnostics/error.js'

/** @param cause what was under way */
export function interrupted(cause: unknown): IpxetoolError {
  return new IpxetoolError('interrupted', 'interrupted; the loaders are as they were before', {
    hint: 'what was compiled so far is kept for the next time',
    ...(cause !== undefined && { cause }),
  })
}
