import { imagesBefore, imagesUntilBoot } from '../analysis/images.js'
import { hole, mayBecome } from '../analysis/text.js'
import { didYouMean, quote } from './message.js'
import type { Rule } from './rule.js'
import { suggester } from './suggester.js'

export const initrdNotLoaded: Rule = {
  id: 'initrd-not-loaded',
  summary: '`initrd=NAME` of a kernel, and no image of that name.',
  severity: 'warning',
  preset: 'default',
  judges: 'script',
  docs: {
    why:
      'On UEFI the kernel opens the file of that name, and stops when there is none. The name of an image is the last part ' +
      'of its URL without the query, or what `--name` says; `initrd.magic` is all of them. On BIOS the argument has no ' +
      'meaning: nothing is said for a target that is BIOS alone, and nothing where no image or an unknown one is loaded.',
    ok: [
      'kernel http://x/vmlinuz initrd=initrd.img\ninitrd http://x/initrd.img\nboot\n',
      'initrd --name main http://x/a.img\nkernel http://x/vmlinuz initrd=main,b.img\ninitrd http://x/b.img\nboot\n',
      'kernel http://x/vmlinuz initrd=initrd.magic\ninitrd http://x/a.img\nboot\n',
      'kernel http://x/vmlinuz initrd=x\ninitrd ${url}\nboot\n',
    ],
    notOk: [
      'kernel http://x/vmlinuz «initrd=initrd.img» quiet\ninitrd http://x/initrd.gz\nboot\n',
      'set file root.img\nkernel http://x/vmlinuz «initrd=initrd.img»\ninitrd --name main http://x/${file}\nboot\n',
    ],
  },
  applies: ({ target }) => target === undefined || target.platforms.includes('efi'),
  create: ({ report, facts: { target }, analysis: { flow } }) => ({
    end() {
      if (target && !target.platforms.includes('efi')) return
      for (const number of flow.named('imgselect')) {
        const { graph, values } = flow
        const { positionals, line } = graph.commands[number]!
        for (const { text, word } of positionals.slice(1)) {
          if (!text.startsWith('initrd=') || text.includes(hole)) continue
          const wanted = text.slice('initrd='.length).split(',')
          const before = imagesBefore(number, graph, values, 'imgfetch')
          const after = imagesUntilBoot(number, graph, values, 'imgfetch')
          const there = [...before.names, ...after.names]
          if (there.length === 0 || before.isOpen || after.isOpen) continue
          const missing = wanted.find(
            (name) =>
              name !== '' &&
              name !== 'initrd.magic' &&
              !/[/\\:]/.test(name) &&
              !there.some((image) => mayBecome(image, name)),
          )
          if (missing === undefined) continue
          const names = there.filter((name) => !name.includes(hole))
          const near = suggester(names)(missing)
          report({
            line,
            at: word,
            reason: `No image is called ${quote(missing)}${didYouMean(near)}`,
            expected: names.slice(0, 8).map((name) => `initrd=${name}`),
            note: 'On UEFI the kernel does not find it and stops. Write the last part of the URL, or `initrd --name`.',
          })
        }
      }
    },
  }),
}
