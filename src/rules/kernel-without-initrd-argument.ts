import { imagesBefore, imagesUntilBoot } from '../analysis/images.js'
import { parseTarget } from '../analysis/target.js'
import { hole } from '../analysis/text.js'
import type { Rule } from './rule.js'

/** Kernels that find what belongs to them without Linux's argument. */
const others = /(wimboot|memdisk|mboot|xen|tboot|grub|\.efi|\.c32|\.0|\.iso|ipxe|undionly|memtest)/i

export const kernelWithoutInitrdArgument: Rule = {
  id: 'kernel-without-initrd-argument',
  summary: 'A Linux kernel with initrds and no `initrd=`, for a UEFI loader that does not hand them over.',
  severity: 'warning',
  preset: 'default',
  judges: 'script',
  docs: {
    why:
      'Before iPXE 2.0.0 a kernel on UEFI finds its initial RAM disk only by name, from `initrd=NAME` in its arguments; ' +
      'without it the kernel stops with "Unable to mount root fs". On BIOS, and since 2.0.0, it is handed over. So it is ' +
      'said only when `--target` or `check: target:` names such a loader, as in these examples, 1.21.1 on UEFI.',
    ok: [
      'kernel http://x/vmlinuz initrd=initrd.img quiet\ninitrd http://x/initrd.img\nboot\n',
      'kernel http://x/vmlinuz ${args}\ninitrd http://x/initrd.img\nboot\n',
      'kernel http://x/wimboot\ninitrd http://x/boot.wim boot.wim\nboot\n',
      'kernel http://x/vmlinuz\nboot\n',
    ],
    notOk: ['kernel «http://x/vmlinuz» quiet\ninitrd http://x/initrd.img\nboot\n'],
    target: parseTarget('1.21.1 efi')!,
  },
  applies: ({ target }) =>
    target !== undefined && target.platforms.includes('efi') && !target.handsOverInitrds,
  create: ({ report, facts: { target }, analysis: { flow } }) => ({
    end() {
      if (!target?.platforms.includes('efi') || target.handsOverInitrds) return
      for (const number of flow.named('imgselect')) {
        const { graph, values } = flow
        const { positionals, line, name } = graph.commands[number]!
        const [kernel, ...args] = positionals
        if (!kernel || name === 'imgselect' || others.test(kernel.text) || kernel.text.endsWith(hole))
          continue
        if (args.some(({ text }) => text.startsWith(hole) || text.startsWith('initrd='))) continue
        const before = imagesBefore(number, graph, values, 'imgfetch')
        const after = imagesUntilBoot(number, graph, values, 'imgfetch')
        if (before.names.size + after.names.size === 0) continue
        if (flow.named('imgargs').length > 0) continue
        const [first] = [...after.names, ...before.names].filter((text) => !text.includes(hole))
        report({
          line,
          at: kernel.word,
          reason: `The kernel does not find its initial RAM disk with iPXE ${target.name}: there is no \`initrd=\``,
          expected: [`initrd=${first ?? 'NAME'}`],
          note: 'Add it to the arguments: the name is the last part of the URL, or what `--name` says.',
        })
      }
    },
  }),
}
