import { command, runApp, runCommand } from '@gatehouse/lifecycle';
import { createGatewayApp } from './app';
import { findUnknown, readServeConfig } from './config';
import { checkTlsFiles } from './edge/tls-files';

void runCommand({ findUnknown, commands: { serve: command({ read: readServeConfig, check: checkTlsFiles, run: (config) => runApp(() => createGatewayApp(config)) }) } });
