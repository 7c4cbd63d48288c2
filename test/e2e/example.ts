/** The example project that ships in menus/, built for a test's server. STAND-IN until it is there. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

export const ENTRY = 'CentOS over serial'
export const EDIT_ENTRY = 'CentOS, edit arguments'
export const FAILURE = 'Could not load'

interface Values {
  readonly base: string
  readonly repo: string
}

/** Builds the project and returns its output tree. */
export async function buildExample(directory: string, { repo }: Values): Promise<string> {
  const tree = join(directory, 'out')
  await mkdir(tree)
  await writeFile(join(tree, 'boot.ipxe'), SCRIPT.replaceAll('$<repo>', repo))
  return tree
}

const SCRIPT = `#!ipxe
:menu
menu Lab
item --gap -- Installers
item other Other thing
item centos ${ENTRY}
item edit ${EDIT_ENTRY}
choose --timeout 60000 target || goto menu
goto \${target}
:other
goto menu
:edit
set args panic=-1
echo Kernel arguments:
echo -n args: \${} && read args
goto centos
:centos
imgfree
kernel $<repo>/images/pxeboot/vmlinuz initrd=initrd.img console=ttyS0,115200 inst.text inst.repo=$<repo>/ \${args} || goto failed
initrd $<repo>/images/pxeboot/initrd.img || goto failed
boot || goto failed
:failed
echo ${FAILURE}: \${errno}
prompt --timeout 5000 Press any key to go back
goto menu
`
