import { runApp, runCommand } from '@gatehouse/lifecycle';
import { createGatewayApp } from './app';
import { readServeConfig } from './config';

void runCommand({ serve: () => runApp(() => createGatewayApp(readServeConfig())) });
