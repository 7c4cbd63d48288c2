/** What bin/ipxetool.js does, on the sources. */
import { main } from '../../src/cli/main.js'

process.exitCode = await main(process.argv.slice(2))
