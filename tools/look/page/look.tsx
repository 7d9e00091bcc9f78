import { render } from 'preact';
import { Look } from './look-page';
import 'uplot/dist/uPlot.min.css';
import './look.css';

render(<Look />, document.body);
