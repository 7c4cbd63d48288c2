/** The public API of ipxetool as a library. Exports are listed by hand. */
export { parse, ipxeParse, type ParseOptions } from './syntax/parse.js'
export { stringify, ipxeStringify } from './syntax/stringify.js'
export { decodeText, encodeText } from './syntax/bytes.js'
export { walk, commandsOf, wordsOf, linesOf, literalText } from './ast/walk.js'
export { checkScript as check } from './rules/check-script.js'
export { Diagnostic, type Edit, type Fix, type Place, type Severity } from './diagnostics/diagnostic.js'
export { IpxetoolError } from './diagnostics/error.js'
export type * from './ast/nodes.js'
