/** Rules that need the control flow, the values of settings or the images of a script. */
import { badSettingValue } from './bad-setting-value.js'
import { bootWithoutImage } from './boot-without-image.js'
import { chainWithoutFallback } from './chain-without-fallback.js'
import { chainloadLoop } from './chainload-loop.js'
import { chooseWithoutFallback } from './choose-without-fallback.js'
import { chooseWithoutMenu } from './choose-without-menu.js'
import { chooseWithoutTimeout } from './choose-without-timeout.js'
import { computedGoto } from './computed-goto.js'
import { conditionEndsScript } from './condition-ends-script.js'
import { consoleDisagrees } from './console-disagrees.js'
import { defaultNamesNoItem } from './default-names-no-item.js'
import { destructiveDefault } from './destructive-default.js'
import { endlessLoop } from './endless-loop.js'
import { ignoredFailure } from './ignored-failure.js'
import { imageAfterBoot } from './image-after-boot.js'
import { imgargsUnknownImage } from './imgargs-unknown-image.js'
import { incOnString } from './inc-on-string.js'
import { initrdNotLoaded } from './initrd-not-loaded.js'
import { itemWithoutLabel } from './item-without-label.js'
import { kernelWithoutInitrdArgument } from './kernel-without-initrd-argument.js'
import { newerThanTarget } from './newer-than-target.js'
import { numericSettingName } from './numeric-setting-name.js'
import { paramsReused } from './params-reused.js'
import { readOnlySetting } from './read-only-setting.js'
import { retryWithoutImgfree } from './retry-without-imgfree.js'
import { selfAssignment } from './self-assignment.js'
import { settingsInjection } from './settings-injection.js'
import { unreachableCode } from './unreachable-code.js'
import { unsignedHex } from './unsigned-hex.js'
import { unusedItem } from './unused-item.js'
import { unusedLabel } from './unused-label.js'
import { unusedSetting } from './unused-setting.js'
import { unverifiedKernel } from './unverified-kernel.js'
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
  initrdNotLoaded,
  kernelWithoutInitrdArgument,
  bootWithoutImage,
  imgargsUnknownImage,
  imageAfterBoot,
  retryWithoutImgfree,
  unverifiedKernel,
  paramsReused,
  chainWithoutFallback,
  ignoredFailure,
  consoleDisagrees,
  chainloadLoop,
  destructiveDefault,
  newerThanTarget,
]
