import { fileURLToPath } from 'node:url'

/** The simulator for browsers, which scripts/bundle.mjs makes of `src/simulate`. */
export const playerFile = fileURLToPath(new URL('../../dist/bundle/player.js', import.meta.url))
