import { isBuiltin } from 'node:module'
import { posix } from 'node:path'
import ts from 'typescript'

/** The rules that {@link checkLayers} enforces. A layer is a folder of src, or a file of src without its ending. */
export interface LayerRules {
  /** what each layer may import, besides itself; '*' is everything */
  readonly mayImport: Readonly<Record<string, readonly string[] | '*'>>
  /** layers that also run in a browser: no `node:` modules, no `Buffer`, no `process` */
  readonly portable: readonly string[]
  /** the only layer that may mention these, as `process.argv` or `console` */
  readonly outside: { readonly layer: string; readonly mentions: readonly string[] }
}

/**
 * What breaks the rules, each as `src/<file>:<line>: <what>`.
 *
 * @param files text by path below src, with `/`
 */
export function checkLayers(files: ReadonlyMap<string, string>, rules: LayerRules): string[] {
  const violations: string[] = []
  for (const [path, text] of files) {
    const layer = layerOf(path)
    const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true)
    const report = (node: ts.Node, what: string) => {
      const { line } = source.getLineAndCharacterOfPosition(node.getStart(source))
      violations.push(`src/${path}:${line + 1}: ${what}`)
    }
    const allowed = rules.mayImport[layer]
    if (!allowed) {
      violations.push(`src/${path}:1: ${layer} is not in the table of layers`)
      continue
    }
    const portable = rules.portable.includes(layer)
    const own = bindingsOf(source)

    const visit = (node: ts.Node): void => {
      const specifier = importedFrom(node)
      if (specifier) checkImport(specifier)
      const mention = mentioned(node, own)
      if (mention) checkMention(node, mention)
      ts.forEachChild(node, visit)
    }
    const checkImport = (specifier: ts.StringLiteralLike) => {
      const name = specifier.text
      if (name === 'ipxetool' || name.startsWith('ipxetool/')) report(specifier, `imports itself as ${name}`)
      if (!name.startsWith('.')) {
        if (portable && isBuiltin(name))
          report(specifier, `${layer} runs in browsers, too, but imports ${name}`)
        return
      }
      const target = posix.join(posix.dirname(path), name)
      if (target.startsWith('..')) {
        report(specifier, `imports ${name}, which is outside of src`)
        return
      }
      const other = layerOf(target)
      if (other === layer || allowed === '*' || allowed.includes(other)) return
      report(specifier, `${layer} may not import ${other} (${name})`)
    }
    const checkMention = (node: ts.Node, mention: string) => {
      const global = mention.split('.')[0]!
      if (portable && (global === 'Buffer' || global === 'process')) {
        report(node, `${layer} runs in browsers, too, but mentions ${mention}`)
      } else if (layer !== rules.outside.layer && rules.outside.mentions.includes(mention)) {
        report(node, `only ${rules.outside.layer} may mention ${mention}`)
      }
    }
    visit(source)
  }
  return violations
}

function layerOf(path: string): string {
  const [first = ''] = path.split('/')
  return first.replace(/\.[jt]s$/, '')
}

/** The module that an import, a re-export, an import type or a dynamic import names. */
function importedFrom(node: ts.Node): ts.StringLiteralLike | undefined {
  let specifier: ts.Node | undefined
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) specifier = node.moduleSpecifier
  else if (ts.isImportTypeNode(node))
    specifier = ts.isLiteralTypeNode(node.argument) ? node.argument.literal : undefined
  else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
    specifier = node.arguments[0]
  }
  return specifier && ts.isStringLiteralLike(specifier) ? specifier : undefined
}

const globals = new Set(['Buffer', 'console', 'process'])

/** Which of the globals the file has a variable, parameter or import of its own for: a serial `console`, say. */
function bindingsOf(source: ts.SourceFile): ReadonlySet<string> {
  const names = new Set<string>()
  const visit = (node: ts.Node): void => {
    const binds =
      ts.isVariableDeclaration(node) ||
      ts.isParameter(node) ||
      ts.isBindingElement(node) ||
      ts.isImportSpecifier(node) ||
      ts.isFunctionDeclaration(node)
    if (binds && node.name && ts.isIdentifier(node.name)) names.add(node.name.text)
    ts.forEachChild(node, visit)
  }
  visit(source)
  return names
}

/**
 * `Buffer`, `console`, or `process.<member>` for a use of that global. A property of that name is none, nor is
 * anything of that name in a file with its own; but `console.log` is one in any case.
 */
function mentioned(node: ts.Node, own: ReadonlySet<string>): string | undefined {
  if (!ts.isIdentifier(node) || !globals.has(node.text)) return undefined
  const { parent, text } = node
  const onGlobal =
    ts.isPropertyAccessExpression(parent) &&
    ts.isIdentifier(parent.expression) &&
    parent.expression.text === 'globalThis'
  if (!onGlobal && namesMember(parent, node)) return undefined
  const member = memberOf(onGlobal ? parent.parent : parent)
  if (own.has(text) && !(text === 'console' && member !== undefined && member in console)) return undefined
  return text === 'process' && member !== undefined ? `process.${member}` : text
}

/** Whether the identifier only names a member: in `x.process`, `{ process: 1 }`, or a declaration of a member. */
function namesMember(parent: ts.Node, identifier: ts.Identifier): boolean {
  const names =
    ts.isPropertyAccessExpression(parent) ||
    ts.isPropertyAssignment(parent) ||
    ts.isPropertySignature(parent) ||
    ts.isMethodSignature(parent) ||
    ts.isPropertyDeclaration(parent) ||
    ts.isMethodDeclaration(parent)
  return (
    (names && parent.name === identifier) ||
    (ts.isBindingElement(parent) && parent.propertyName === identifier)
  )
}

function memberOf(use: ts.Node): string | undefined {
  if (ts.isPropertyAccessExpression(use)) return use.name.text
  if (ts.isElementAccessExpression(use) && ts.isStringLiteralLike(use.argumentExpression)) {
    return use.argumentExpression.text
  }
  return undefined
}
