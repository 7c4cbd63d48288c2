/** Rules that need the control flow, the values of settings or the images of a script. */
import { chooseWithoutFallback } from './choose-without-fallback.js'
import { chooseWithoutMenu } from './choose-without-menu.js'
import { chooseWithoutTimeout } from './choose-without-timeout.js'
import { computedGoto } from './computed-goto.js'
import { conditionEndsScript } from './condition-ends-script.js'
import { defaultNamesNoItem } from './default-names-no-item.js'
import { endlessLoop } from './endless-loop.js'
import { itemWithoutLabel } from './item-without-label.js'
import { unreachableCode } from './unreachable-code.js'
import { unusedItem } from './unused-item.js'
import { unusedLabel } from './unused-label.js'
import type { Rule } from './rule.js'

export const flowRules: readonly Rule[] = [
  unreachableCode,
  unusedLabel,
  computedGoto,
  itemWithoutLabel,
  unusedItem,
  chooseWithoutMenu,
  defaultNamesNoItem,
  chooseWithoutTimeout,
  chooseWithoutFallback,
  conditionEndsScript,
  endlessLoop,
]
