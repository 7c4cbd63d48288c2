/** A headless Chromium, driven by the DevTools protocol over a pipe: two extra file descriptors, JSON, NUL between. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { setTimeout } from 'node:timers/promises'
import { execa, execaSync } from 'execa'

const names = ['chromium', 'chromium-browser', 'google-chrome', 'chrome']

/** The name of an installed Chromium. */
export function findChromium(): string | undefined {
  return names.find(
    (name) => execaSync(name, ['--version'], { reject: false, timeout: 20_000 }).exitCode === 0,
  )
}

interface Answer {
  id?: number
  method?: string
  sessionId?: string
  params?: unknown
  result?: unknown
  error?: { message: string }
}

export interface Device {
  width: number
  height: number
  /** Values of media features: `{ 'prefers-color-scheme': 'dark' }`. */
  media?: Readonly<Record<string, string>>
}

export class Chromium {
  readonly #process
  readonly #out: Writable
  readonly #profile: string
  readonly #waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>()
  readonly #listeners = new Set<(answer: Answer) => void>()
  #last = 0

  private constructor(command: string, profile: string) {
    this.#profile = profile
    this.#process = execa(
      command,
      [
        '--headless',
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        '--hide-scrollbars',
        `--user-data-dir=${profile}`,
        '--remote-debugging-pipe',
        'about:blank',
      ],
      { reject: false, buffer: false, stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] },
    )
    const pipes = this.#process.stdio as unknown as readonly unknown[]
    this.#out = pipes[3] as Writable
    const input = pipes[4] as Readable
    let rest = ''
    input.setEncoding('utf8')
    input.on('data', (chunk: string) => {
      const messages = (rest + chunk).split('\0')
      rest = messages.pop() ?? ''
      for (const message of messages) this.#receive(JSON.parse(message) as Answer)
    })
    input.on('close', () => {
      for (const { reject } of this.#waiting.values()) reject(new Error('Chromium went away'))
    })
    this.#out.on('error', () => undefined)
  }

  static async start(command: string): Promise<Chromium> {
    return new Chromium(command, await mkdtemp(join(tmpdir(), 'ipxetool-chromium-')))
  }

  async stop(): Promise<void> {
    await this.send('Browser.close').catch(() => undefined)
    const stopped = new AbortController()
    void setTimeout(5000, undefined, { signal: stopped.signal }).then(
      () => this.#process.kill('SIGKILL'),
      () => undefined,
    )
    await this.#process
    stopped.abort()
    await rm(this.#profile, { recursive: true, force: true, maxRetries: 5 })
  }

  async send(method: string, params: object = {}, sessionId?: string): Promise<unknown> {
    const id = ++this.#last
    const message = { id, method, params, ...(sessionId === undefined ? {} : { sessionId }) }
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      this.#out.write(`${JSON.stringify(message)}\0`)
    })
  }

  listen(listener: (answer: Answer) => void): void {
    this.#listeners.add(listener)
  }

  #receive(answer: Answer): void {
    for (const listener of this.#listeners) listener(answer)
    if (answer.id === undefined) return
    const waiting = this.#waiting.get(answer.id)
    this.#waiting.delete(answer.id)
    if (answer.error) waiting?.reject(new Error(answer.error.message))
    else waiting?.resolve(answer.result)
  }

  async open(url: string, device: Device = { width: 1280, height: 900 }, scripting = true): Promise<Tab> {
    const { targetId } = (await this.send('Target.createTarget', { url: 'about:blank' })) as {
      targetId: string
    }
    const attached = await this.send('Target.attachToTarget', { targetId, flatten: true })
    const tab = new Tab(this, (attached as { sessionId: string }).sessionId, targetId)
    await tab.prepare(device, scripting)
    await tab.go(url)
    return tab
  }
}

const keyCodes: Readonly<Record<string, number>> = {
  Enter: 13,
  Escape: 27,
  PageUp: 33,
  PageDown: 34,
  End: 35,
  Home: 36,
  ArrowUp: 38,
  ArrowDown: 40,
  Tab: 9,
}

export class Tab {
  /** What went wrong on the page: exceptions, refused resources, messages of the console. */
  readonly problems: string[] = []
  readonly #browser: Chromium
  readonly #session: string
  readonly #target: string

  constructor(browser: Chromium, session: string, target: string) {
    this.#browser = browser
    this.#session = session
    this.#target = target
    browser.listen(({ sessionId, method, params }) => {
      if (sessionId !== session) return
      if (
        method === 'Runtime.exceptionThrown' ||
        method === 'Log.entryAdded' ||
        method === 'Runtime.consoleAPICalled'
      ) {
        this.problems.push(JSON.stringify(params))
      }
    })
  }

  async send(method: string, params: object = {}): Promise<unknown> {
    return this.#browser.send(method, params, this.#session)
  }

  async prepare({ width, height, media = {} }: Device, scripting: boolean): Promise<void> {
    await this.send('Page.enable')
    await this.send('Page.setLifecycleEventsEnabled', { enabled: true })
    await this.send('Runtime.enable')
    await this.send('Log.enable')
    await this.send('Emulation.setDeviceMetricsOverride', {
      width,
      height,
      deviceScaleFactor: 1,
      mobile: false,
    })
    const features = Object.entries(media).map(([name, value]) => ({ name, value }))
    await this.send('Emulation.setEmulatedMedia', { features })
    if (!scripting) await this.send('Emulation.setScriptExecutionDisabled', { value: true })
  }

  async go(url: string): Promise<void> {
    // The load event of about:blank may still be on its way: only the loader of this navigation counts.
    const loaded = new Set<string>()
    let arrived = (): void => undefined
    this.#browser.listen(({ sessionId, method, params }) => {
      const { name, loaderId } = (params ?? {}) as { name?: string; loaderId?: string }
      if (sessionId !== this.#session || method !== 'Page.lifecycleEvent' || name !== 'load') return
      loaded.add(loaderId ?? '')
      arrived()
    })
    const { loaderId, errorText } = (await this.send('Page.navigate', { url })) as {
      loaderId: string
      errorText?: string
    }
    if (errorText !== undefined) throw new Error(`${url}: ${errorText}`)
    await new Promise<void>((resolve) => {
      arrived = () => {
        if (loaded.has(loaderId)) resolve()
      }
      arrived()
    })
  }

  /** Loads the page again, and waits until it is there: what is asked meanwhile may be lost with the old page. */
  async reload(): Promise<void> {
    const loaded = new Promise<void>((resolve) => {
      this.#browser.listen(({ sessionId, method }) => {
        if (sessionId === this.#session && method === 'Page.loadEventFired') resolve()
      })
    })
    await this.send('Page.reload')
    await loaded
  }

  /** Waits until an expression on the page has a value; the test's own time limit ends it. */
  async until(expression: string, value: unknown): Promise<void> {
    while ((await this.get(expression)) !== value) await setTimeout(20)
  }

  /** The value of an expression on the page. */
  async get(expression: string): Promise<unknown> {
    const { result, exceptionDetails } = (await this.send('Runtime.evaluate', {
      expression,
      returnByValue: true,
      awaitPromise: true,
    })) as { result: { value: unknown }; exceptionDetails?: { exception?: { description?: string } } }
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? 'the expression failed')
    return result.value
  }

  async press(...keys: readonly string[]): Promise<void> {
    for (const key of keys) {
      const code = keyCodes[key]
      const text = code === undefined ? key : key === 'Enter' ? '\r' : undefined
      const common = { key, windowsVirtualKeyCode: code ?? key.toUpperCase().charCodeAt(0) }
      await this.send('Input.dispatchKeyEvent', {
        ...common,
        type: text === undefined ? 'rawKeyDown' : 'keyDown',
        ...(text === undefined ? {} : { text }),
      })
      await this.send('Input.dispatchKeyEvent', { ...common, type: 'keyUp' })
    }
  }

  async click(selector: string): Promise<void> {
    const at = (await this.get(
      `(() => { const box = document.querySelector(${JSON.stringify(selector)}).getBoundingClientRect();` +
        ' return { x: box.x + Math.min(40, box.width / 2), y: box.y + box.height / 2 } })()',
    )) as { x: number; y: number }
    for (const type of ['mousePressed', 'mouseReleased']) {
      await this.send('Input.dispatchMouseEvent', { type, ...at, button: 'left', clickCount: 1 })
    }
  }

  /** PNG; of the whole page, or of what is in view. */
  async screenshot(whole = false): Promise<Uint8Array> {
    const { data } = (await this.send('Page.captureScreenshot', {
      format: 'png',
      captureBeyondViewport: whole,
    })) as { data: string }
    return Buffer.from(data, 'base64')
  }

  async pdf(): Promise<Uint8Array> {
    const { data } = (await this.send('Page.printToPDF', { printBackground: true })) as { data: string }
    return Buffer.from(data, 'base64')
  }

  async close(): Promise<void> {
    await this.#browser.send('Target.closeTarget', { targetId: this.#target })
  }
}
