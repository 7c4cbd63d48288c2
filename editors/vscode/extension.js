/* global exports */
// Starts `ipxetool lsp` and connects the editor to it.
const { workspace } = require('vscode')
const { LanguageClient } = require('vscode-languageclient/node')

let client

exports.activate = () => {
  const settings = workspace.getConfiguration('ipxetool')
  const preset = settings.get('preset')
  const server = {
    command: settings.get('path'),
    args: ['lsp', '--stdio', ...(preset ? ['--preset', preset] : [])],
  }
  client = new LanguageClient('ipxetool', 'ipxetool', server, { documentSelector: [{ language: 'ipxe' }] })
  return client.start()
}

exports.deactivate = () => client?.stop()
