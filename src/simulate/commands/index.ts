import type { Command } from '../run.js'
import { basicCommands } from './basic.js'
import { diskCommands } from './disks.js'
import { hardwareCommands } from './hardware.js'
import { imageCommands } from './images.js'
import { machineCommands } from './machine.js'
import { menuCommands } from './menus.js'
import { networkCommands } from './network.js'
import { settingCommands } from './settings.js'
import { trustCommands } from './trust.js'

/** Every command of iPXE by its name. */
export const commands: ReadonlyMap<string, Command> = new Map(
  Object.entries({
    ...basicCommands,
    ...settingCommands,
    ...imageCommands,
    ...menuCommands,
    ...networkCommands,
    ...machineCommands,
    ...diskCommands,
    ...hardwareCommands,
    ...trustCommands,
  }),
)
