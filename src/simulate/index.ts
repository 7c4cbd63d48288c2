/**
 * The simulator: runs an iPXE script as a machine would. Pure: every outside effect is a call of the {@link Host}.
 */

export * from './types.js'
export { errorName, errorText } from './errors.js'
export { keyFromSequence, keys, type KeyName } from './keys.js'
export { makeLease, makeMachine, type MachineWish } from './machine.js'
export {
  Answers,
  treeBase,
  treeHost,
  type Answer,
  type FileLookup,
  type SimulatedFile,
  type TreeHostOptions,
} from './tree-host.js'
export { rows as screenRows, columns as screenColumns } from './screen.js'
export { simulate, simulateSync, type Start } from './simulate.js'
export { endingWords, fits, judge, type Expectation, type MenuTest } from './expect.js'
export {
  allPaths,
  coveredLines,
  problemVerdicts,
  type Path,
  type PathsOptions,
  type Verdict,
} from './all-paths.js'
export { runnableLines } from './script.js'
