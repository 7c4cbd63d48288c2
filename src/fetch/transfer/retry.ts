/** When to try again. */
import { setTimeout as delay } from 'node:timers/promises'
import type { Sleep } from './limiter.js'

export interface RetryPolicy {
  /** Tries of one URL without getting ahead before it is given up. Default 5. */
  tries: number
  /** Milliseconds before the second try; doubles. Default 1000. */
  firstDelay: number
  /** Milliseconds. Default 30,000. */
  longestDelay: number
  /** Milliseconds that a server may ask us to wait; one that wants more is given up. Default 120,000. */
  longestRetryAfter: number
}

export const defaultRetryPolicy: RetryPolicy = {
  tries: 5,
  firstDelay: 1000,
  longestDelay: 30_000,
  longestRetryAfter: 120_000,
}

/**
 * @param failures in a row, at least 1
 * @param random from 0 to below 1: the wait is spread over its second half, so that many clients do not come at once
 * @returns milliseconds; undefined: do not try again
 */
export function backOff(
  failures: number,
  retryAfter: number | undefined,
  policy: RetryPolicy,
  random: () => number,
): number | undefined {
  if (failures >= policy.tries) return undefined
  if (retryAfter !== undefined && retryAfter > policy.longestRetryAfter) return undefined
  const longest = Math.min(policy.longestDelay, policy.firstDelay * 2 ** (failures - 1))
  return Math.max(retryAfter ?? 0, longest * (0.5 + random() / 2))
}

/** @throws the signal's reason when it is aborted meanwhile */
export const sleep: Sleep = async (milliseconds, signal) => {
  await delay(milliseconds, undefined, signal === undefined ? {} : { signal })
}
