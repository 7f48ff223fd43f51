// Runs a script of ours under a Node that strips types, installing the dependencies first when they are missing.
import { becomeChild, childEnvironment, ensureDependencies, nodePath } from './environment.js'

ensureDependencies()
becomeChild(nodePath(), process.argv.slice(2), childEnvironment())
