/** Windows, from files of your own. Memory is from memory: to be re-checked. */
import { menu, wimboot } from 'ipxetool/menu'

export default menu({
  id: 'windows',
  title: 'Windows',
  entries: [
    wimboot({
      id: 'winpe',
      label: 'Windows PE or Setup, from files of your own',
      wimboot: '$<wimboot>',
      files: '$<windows>',
      needs: { architecture: 'x86_64', memory: '2 GiB' },
    }),
  ],
})
