import { anaconda, local, menu, serialTest, shell, submenu, variable } from 'ipxetool/menu'

const main = menu({
  id: 'main',
  title: 'Lab 3',
  timeout: '30s',
  default: 'disk',
  entries: [
    local({ id: 'disk', label: 'Boot from the local disk' }),
    anaconda({
      id: 'centos',
      label: 'CentOS, text install over serial',
      key: 'c',
      repo: variable.url('repo'),
    }),
    submenu('tools'),
  ],
})

const tools = menu({
  id: 'tools',
  title: 'Tools',
  entries: [
    serialTest({ id: 'serial', label: 'Which serial port is this' }),
    shell({ id: 'shell', label: 'iPXE shell' }),
  ],
})

export default [main, tools]
