import { imagesBefore } from '../analysis/images.js'
import { hole, mayBecome } from '../analysis/text.js'
import { didYouMean, quote } from './message.js'
import type { Rule } from './rule.js'
import { suggester } from './suggester.js'

export const imgargsUnknownImage: Rule = {
  id: 'imgargs-unknown-image',
  summary: '`imgargs NAME` and the like, where no image has that name.',
  severity: 'warning',
  preset: 'default',
  judges: 'script',
  docs: {
    why:
      'The name of an image is the last part of its URL, or what `--name` says. `imgargs` of another name downloads a file ' +
      'of that name beside the script and gives the arguments to that, or fails. Said where this script loads images ' +
      'and none of them has the name; something with a slash or a colon is a URL.',
    ok: [
      'kernel http://x/vmlinuz\nimgargs vmlinuz quiet\nboot\n',
      'kernel --name linux http://x/vmlinuz-6.1\nimgargs linux quiet\nboot\n',
      'imgargs vmlinuz quiet\n',
      'kernel ${url}\nimgargs vmlinuz quiet\n',
    ],
    notOk: [
      'kernel http://x/vmlinuz-6.1\nimgargs «vmlinuz» quiet\nboot\n',
      'initrd --name main http://x/i.img\nkernel http://x/linux\nimgfree «i.img»\nboot\n',
    ],
  },
  create: ({ report, analysis: { flow } }) => ({
    end() {
      const { graph, values } = flow
      for (const number of [...flow.named('imgargs'), ...flow.named('imgfree'), ...flow.named('imgstat')]) {
        const command = graph.commands[number]!
        const [image] = command.positionals
        if (!image || command.problem || image.text.includes(hole) || /[/:.?]{2}|[/:]/.test(image.text))
          continue
        if (!flow.runs(number)) continue
        const { names, isOpen } = imagesBefore(number, graph, values)
        const before = [...names]
        // `imgargs` itself would be the first to load it
        if (isOpen || before.length === 0 || before.some((name) => mayBecome(name, image.text))) continue
        const near = suggester(before)(image.text)
        report({
          line: command.line,
          at: image.word,
          reason: `No image is called ${quote(image.text)} here${didYouMean(near)}`,
          expected: before.filter((name) => !name.includes(hole)).slice(0, 8),
          note:
            command.spec?.name === 'imgargs'
              ? 'iPXE tries to download a file of that name. Write the last part of the URL, or `kernel --name`.'
              : 'The command fails. Write the last part of the URL, or load it with `--name`.',
        })
      }
    },
  }),
}
