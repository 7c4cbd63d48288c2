/** The script of `/_/`. It is text because it runs in a browser; no markup is ever made of what a machine said. */
export const clientScript = String.raw`// Written by ipxetool. Shows what machines do as the server hears of it.
'use strict'
;(() => {
  const list = document.getElementById('machines')
  const summary = document.getElementById('summary')
  const empty = document.getElementById('empty')
  /** Reports by id, and what is shown of them. */
  const machines = new Map()
  const items = new Map()
  /** Boots that a person has opened or closed. */
  const opened = new Map()

  const states = {
    asking: 'asks for an address',
    loader: 'loads iPXE',
    script: 'in the menu',
    loading: 'loads a kernel',
    started: 'started',
    stopped: 'stopped',
  }
  const kinds = {
    discover: 'DHCP', inform: 'DHCP', lease: 'DHCP', proxy: 'DHCP', dhcp: 'DHCP', probe: 'size', loader: 'loader',
    script: 'script', once: 'once', kernel: 'kernel', initrd: 'initrd', file: 'file', page: 'page',
  }

  const element = (name, properties = {}, ...children) => {
    const made = document.createElement(name)
    for (const [key, value] of Object.entries(properties)) {
      if (key === 'state') made.dataset.state = value
      else made[key] = value
    }
    made.append(...children.filter((child) => child !== undefined))
    return made
  }

  const bytes = (count) => {
    if (count === undefined) return ''
    if (count < 10000) return count + ' B'
    if (count < 1e6) return (count / 1e3).toFixed(0) + ' kB'
    return (count / 1e6).toFixed(1) + ' MB'
  }
  const seconds = (ms) => (ms / 1000).toFixed(1) + ' s'

  const row = (step) => {
    const result = step.state === 'running' ? bytes(step.size) + ' under way'
      : step.protocol === 'dhcp' || step.kind === 'once' ? ''
      : step.state === 'refused' ? 'refused, ' + step.status
      : bytes(step.bytes) + (step.ms === undefined ? '' : ' in ' + seconds(step.ms)) + (step.state === 'failed' ? ', FAILED' : '')
    return element('tr', { state: step.state },
      element('td', { className: 'number' }, seconds(step.sinceMs)),
      element('td', {}, kinds[step.kind] ?? step.kind),
      element('td', { className: 'note' }, step.what,
        step.note === undefined ? undefined : element('div', { className: 'dim' }, step.note)),
      element('td', { className: 'result note' }, result))
  }

  const table = (machine, boot, name) => {
    const head = element('tr', {}, ...['after', 'what', 'file or request', 'result'].map((text) =>
      element('th', { scope: 'col' }, text)))
    const caption = 'since ' + new Date(boot.startedAt).toLocaleString() +
      (boot.dropped > 0 ? '; ' + boot.dropped + ' steps are not shown' : '')
    const key = machine.id + ' ' + boot.startedAt
    const isLast = boot === machine.boots.at(-1)
    const details = element('details', { open: opened.get(key) ?? isLast },
      element('summary', {}, name + ', ' + boot.steps.length + (boot.steps.length === 1 ? ' step' : ' steps')),
      element('table', {}, element('caption', {}, caption), element('thead', {}, head),
        element('tbody', {}, ...boot.steps.map(row))))
    details.addEventListener('toggle', () => opened.set(key, details.open))
    return details
  }

  const show = (machine) => {
    const about = [machine.architecture?.name, machine.addresses.join(', '), machine.uuid, machine.vendorClass]
    const trouble = machine.trouble && element('div', { className: 'trouble' },
      element('p', {}, machine.trouble.problem), element('p', {}, machine.trouble.fix))
    const boots = [...machine.boots].reverse().map((boot, index) =>
      table(machine, boot, index === 0 ? 'This boot' : index === 1 ? 'The boot before' : index + ' boots before'))
    return element('li', { className: 'machine', state: machine.state, id: 'machine-' + machine.id },
      element('div', { className: 'head' }, element('h2', {}, machine.id),
        element('span', { className: 'state' }, states[machine.state] ?? machine.state)),
      element('p', { className: 'dim' }, about.filter((text) => text).join(' · ')),
      trouble ?? undefined, ...boots)
  }

  const count = () => {
    const all = [...machines.values()]
    const stopped = all.filter(({ state }) => state === 'stopped').length
    const text = all.length + (all.length === 1 ? ' machine' : ' machines') + (stopped > 0 ? ', ' + stopped + ' stopped' : '')
    if (summary.textContent !== text) summary.textContent = text
    empty.hidden = all.length > 0
  }

  const update = (machine) => {
    machines.set(machine.id, machine)
    const before = items.get(machine.id)
    const focused = before?.contains(document.activeElement)
      ? [...before.querySelectorAll('summary')].indexOf(document.activeElement) : -1
    const item = show(machine)
    items.set(machine.id, item)
    // New machines come first; the others stay where they are, so that one can read.
    if (before === undefined) list.prepend(item)
    else before.replaceWith(item)
    if (focused >= 0) item.querySelectorAll('summary')[focused]?.focus()
    count()
  }

  const stream = new EventSource('/_/api/events')
  stream.addEventListener('open', count)
  stream.addEventListener('machine', (event) => update(JSON.parse(event.data)))
  stream.addEventListener('error', () => {
    summary.textContent = 'the server does not answer; trying again …'
  })
})()
`
