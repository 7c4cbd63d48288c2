/** The file that makes a folder a boot project. In a source, as everywhere in the model, files are named from there. */
export const configName = 'ipxetool.yaml'
