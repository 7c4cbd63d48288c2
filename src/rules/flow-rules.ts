/** Rules that need the control flow, the values of settings or the images of a script. */
import { badSettingValue } from './bad-setting-value.js'
import { chooseWithoutFallback } from './choose-without-fallback.js'
import { chooseWithoutMenu } from './choose-without-menu.js'
import { chooseWithoutTimeout } from './choose-without-timeout.js'
import { computedGoto } from './computed-goto.js'
import { conditionEndsScript } from './condition-ends-script.js'
import { defaultNamesNoItem } from './default-names-no-item.js'
import { endlessLoop } from './endless-loop.js'
import { incOnString } from './inc-on-string.js'
import { itemWithoutLabel } from './item-without-label.js'
import { numericSettingName } from './numeric-setting-name.js'
import { readOnlySetting } from './read-only-setting.js'
import { selfAssignment } from './self-assignment.js'
import { settingsInjection } from './settings-injection.js'
import { unreachableCode } from './unreachable-code.js'
import { unsignedHex } from './unsigned-hex.js'
import { unusedItem } from './unused-item.js'
import { unusedLabel } from './unused-label.js'
import { unusedSetting } from './unused-setting.js'
import { usedBeforeSet } from './used-before-set.js'
import { wrongScope } from './wrong-scope.js'
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
  usedBeforeSet,
  badSettingValue,
  readOnlySetting,
  wrongScope,
  numericSettingName,
  incOnString,
  unsignedHex,
  selfAssignment,
  unusedSetting,
  settingsInjection,
]
