/** All rules, in the order in which they are explained: the file, its lines, names, meaning. */
import { anacondaArguments } from './anaconda-arguments.js'
import { argumentCount } from './argument-count.js'
import { badUrl } from './bad-url.js'
import { commentEatsText } from './comment-eats-text.js'
import { coreosAutologin } from './coreos-autologin.js'
import { duplicateLabel } from './duplicate-label.js'
import { flowRules } from './flow-rules.js'
import { gluedOperator } from './glued-operator.js'
import { misplacedOption } from './misplaced-option.js'
import { missingLabel } from './missing-label.js'
import { missingMagic } from './missing-magic.js'
import { notInLoader } from './not-in-loader.js'
import { nulByte } from './nul-byte.js'
import { consoleSpelling } from './console-spelling.js'
import { doubleSlash } from './double-slash.js'
import { unencodedSetting } from './unencoded-setting.js'
import { secretInArguments } from './secret-in-arguments.js'
import { slowConfiguration } from './slow-configuration.js'
import { crlfLineEnds } from './crlf-line-ends.js'
import type { Rule } from './rule.js'
import { splitReference } from './split-reference.js'
import { templateText } from './template-text.js'
import { trailingBackslash } from './trailing-backslash.js'
import { unclosedReference } from './unclosed-reference.js'
import { undefinedVariable } from './undefined-variable.js'
import { unfinishedContinuation } from './unfinished-continuation.js'
import { unknownCommand } from './unknown-command.js'
import { unknownDirective } from './unknown-directive.js'
import { unknownOption } from './unknown-option.js'
import { unknownScope } from './unknown-scope.js'
import { unknownSettingType } from './unknown-setting-type.js'
import { unsetSetting } from './unset-setting.js'
import { unusedDirective } from './unused-directive.js'
import { urlArchitecture } from './url-architecture.js'

export const allRules: readonly Rule[] = [
  missingMagic,
  templateText,
  unfinishedContinuation,
  nulByte,
  trailingBackslash,
  commentEatsText,
  unknownCommand,
  gluedOperator,
  unknownOption,
  misplacedOption,
  argumentCount,
  missingLabel,
  duplicateLabel,
  splitReference,
  unclosedReference,
  unsetSetting,
  unknownSettingType,
  unknownScope,
  badUrl,
  urlArchitecture,
  ...flowRules,
  notInLoader,
  anacondaArguments,
  coreosAutologin,
  consoleSpelling,
  doubleSlash,
  unencodedSetting,
  secretInArguments,
  slowConfiguration,
  crlfLineEnds,
  undefinedVariable,
  unknownDirective,
  // after all others
  unusedDirective,
]

export function findRule(id: string): Rule | undefined {
  return allRules.find((rule) => rule.id === id)
}
