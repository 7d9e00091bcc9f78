#!/usr/bin/env node
// The command `gatehouse`, which `npx gatehouse` finds in a checkout; Node runs it as it is.
import { CommanderError } from 'commander';
import { CommandError, exitCodes } from './command-error.mts';
import { createProgram } from './program.mts';

createProgram()
  .parseAsync()
  .catch((error: unknown) => {
    if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? exitCodes.done : exitCodes.wrongUse;
    else if (error instanceof CommandError) {
      console.error(`gatehouse ${process.argv[2]}: ${error.message}`);
      process.exitCode = error.exitCode;
    } else throw error;
  });
