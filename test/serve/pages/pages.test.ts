import assert from 'node:assert/strict'
import { get, type IncomingHttpHeaders } from 'node:http'
import type { MachineReport } from '../../../src/serve/pages/describe.js'
import { Scratch, serve, type Running, waitFor } from '../support.js'

interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

function fetchPath(port: number, path: string, headers: Record<string, string> = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path, headers, agent: false }, (res) => {
      let body = ''
      res.setEncoding('utf8')
      res.on('data', (text: string) => (body += text))
      res.on('end', () => {
        resolve({ status: res.statusCode ?? 0, headers: res.headers, body })
      })
    }).on('error', reject)
  })
}

describe('the pages of a running server', () => {
  const scratch = new Scratch()
  const running: Running[] = []
  afterEach(async () => {
    for (const one of running.splice(0)) await one.close()
    await scratch.clean()
  })
  const begin = async (pages?: readonly string[] | false): Promise<Running> => {
    const root = await scratch.folder({ 'boot.ipxe': '#!ipxe\n', vmlinuz: 'kernel' })
    const one = await serve(root, { pages, tftp: false })
    running.push(one)
    return one
  }

  it('machines as JSON, one by one too', async () => {
    const { httpPort: port } = await begin()
    assert.deepEqual(JSON.parse((await fetchPath(port, '/_/api/machines')).body), { machines: [] })
    await fetchPath(port, '/boot.ipxe?mac=52:54:00:12:34:56')
    await fetchPath(port, '/vmlinuz-none?mac=52-54-00-12-34-56')
    const { machines } = JSON.parse((await fetchPath(port, '/_/api/machines')).body) as {
      machines: MachineReport[]
    }
    assert.deepEqual(
      machines.map(({ id, mac, addresses, state, trouble }) => ({ id, mac, addresses, state, trouble })),
      [
        {
          id: '52:54:00:12:34:56',
          mac: '52:54:00:12:34:56',
          addresses: ['127.0.0.1'],
          state: 'script',
          trouble: null,
        },
      ],
    )
    assert.deepEqual(
      machines[0]!.boots[0]!.steps.map(({ kind, state, status }) => [kind, state, status]),
      [
        ['script', 'done', 200],
        ['kernel', 'refused', 404],
      ],
    )
    const one = await fetchPath(port, '/_/api/machines/52:54:00:12:34:56')
    assert.deepEqual(JSON.parse(one.body), machines[0])
    assert.equal((await fetchPath(port, '/_/api/machines/%ff')).status, 404)
  })

  it('a stream of what changes, which ends with the server', async () => {
    const one = await begin()
    let text = ''
    let ended = false
    const request = get(
      { host: '127.0.0.1', port: one.httpPort, path: '/_/api/events', agent: false },
      (res) => {
        assert.equal(res.headers['content-type'], 'text/event-stream; charset=utf-8')
        res.setEncoding('utf8')
        res.on('data', (more: string) => (text += more))
        res.on('close', () => (ended = true))
      },
    )
    request.on('error', () => (ended = true))
    await waitFor(() => (text.includes('retry:') ? true : undefined), 5000, 'the stream')
    await fetchPath(one.httpPort, '/boot.ipxe')
    await waitFor(() => (text.includes('"state":"script"') ? true : undefined), 5000, 'the event')
    assert.match(text, /^event: machine\ndata: \{"id":"127\.0\.0\.1"/m)
    await one.close()
    await waitFor(() => (ended ? true : undefined), 5000, 'the end')
  })

  it('metrics of Prometheus, and health', async () => {
    const { httpPort: port } = await begin()
    await fetchPath(port, '/boot.ipxe')
    await fetchPath(port, '/none')
    const { body, headers } = await fetchPath(port, '/_/metrics')
    assert.equal(headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8')
    for (const line of [
      'ipxetool_machines 1',
      'ipxetool_requests_total{protocol="http"} 2',
      'ipxetool_transfers_total{protocol="http",result="done"} 1',
      'ipxetool_sent_bytes_total{protocol="http"} 7',
      'ipxetool_refused_total{protocol="http",status="404"} 1',
    ]) {
      assert.ok(body.split('\n').includes(line), `${line}\n${body}`)
    }
    for (const line of body.trim().split('\n'))
      assert.match(line, /^(# (HELP|TYPE) \w+ .+|\w+(\{.+\})? \d+)$/)
    assert.equal((JSON.parse((await fetchPath(port, '/_/health')).body) as { status: string }).status, 'ok')
  })

  it('the page, which may load nothing from elsewhere', async () => {
    const { httpPort: port } = await begin()
    const { status, headers, body } = await fetchPath(port, '/_/')
    assert.equal(status, 200)
    assert.match(String(headers['content-security-policy']), /^default-src 'self';/)
    assert.doesNotMatch(body, /https?:/)
    for (const path of ['/_/app.js', '/_/style.css']) assert.equal((await fetchPath(port, path)).status, 200)
    assert.equal((await fetchPath(port, '/_/other')).status, 404)
  })

  it('is not there for a name that is not ours, for a proxy, or when it is off', async () => {
    const { httpPort: port } = await begin()
    assert.equal((await fetchPath(port, '/_/health', { Host: 'evil.example' })).status, 404)
    assert.equal((await fetchPath(port, '/_/health', { 'X-Forwarded-For': '192.0.2.1' })).status, 404)
    assert.equal((await fetchPath(port, '/_/health', { Host: `localhost:${port}` })).status, 200)
    const off = await begin(false)
    assert.equal((await fetchPath(off.httpPort, '/_/health')).status, 404)
    const told = await begin(['127.0.0.0/8'])
    assert.equal((await fetchPath(told.httpPort, '/_/health', { Host: 'boot.example' })).status, 200)
    await assert.rejects(begin(['everybody']), { code: 'bad-allow' })
  })
})
