/** A build that kills itself: `killed-build.ts OUT STEP`. */
import { makeManifest } from '../../src/build/manifest.js'
import { writeTree } from '../../src/build/write.js'

const [, , out, fatal] = process.argv
const bytes = new TextEncoder().encode('new')
const sha256 = '11507a0e2f5e69d5dfa40a62a1bd7b6ee57e6bcd85c67c9b8431b36fff21c437'
await writeTree(
  out!,
  {
    files: new Map([['boot.ipxe', bytes]]),
    copies: new Map(),
    manifest: makeManifest(new Map([['boot.ipxe', { size: bytes.length, sha256, origin: 'build' }]])),
    diagnostics: [],
  },
  {
    resolveCopy: (file) => file,
    onStep: (step) => {
      if (step === fatal) process.kill(process.pid, 'SIGKILL')
    },
  },
)
