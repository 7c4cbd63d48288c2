/** A picture of a machine's screen, by QEMU's control socket (QMP). */
import { connect } from 'node:net'
import { IpxetoolError } from '../diagnostics/error.js'

/** PNG since QEMU 7.1. @throws IpxetoolError `no-picture` */
export async function takePicture(socket: string, file: string): Promise<void> {
  const commands = [
    { execute: 'qmp_capabilities' },
    { execute: 'screendump', arguments: { filename: file, format: 'png' } },
  ]
  await new Promise<void>((resolve, reject) => {
    const control = connect(socket)
    let answers = 0
    let text = ''
    control.on('error', reject)
    control.on('data', (chunk) => {
      text += chunk.toString()
      const lines = text.split('\n')
      text = lines.pop()!
      for (const line of lines) {
        const message = JSON.parse(line) as { QMP?: unknown; return?: unknown; error?: { desc: string } }
        if (message.error) {
          control.destroy()
          reject(
            new IpxetoolError('no-picture', `QEMU takes no picture: ${message.error.desc}`, {
              hint: 'PNG needs QEMU 7.1 or newer',
            }),
          )
        } else if (message.QMP !== undefined || message.return !== undefined) {
          const command = commands[answers++]
          if (command) control.write(JSON.stringify(command))
          else {
            control.destroy()
            resolve()
          }
        }
      }
    })
  })
}
