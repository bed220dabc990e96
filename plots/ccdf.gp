# ccdf.gp: share of requests slower than x, log-log. data columns: line,x,p,low,high,panel,series,unit,variant

W = fig_width; H = 100
if (!exists("fig_xlabel") || strlen(fig_xlabel) == 0) fig_xlabel = 'latency'
eval proc('ranges')
if (!exists("fig_pmin")) { fig_pmin = NaN; do for [_p=1:npanels] { fig_pmin = min2(fig_pmin, PPOS[_p]) }; fig_pmin = ok(fig_pmin) ? max2(1e-5, 10**floor(log10(fig_pmin) + 0.3)) : 1e-4; fig_pmin = min2(fig_pmin, 1e-3) }
# per panel x range (positive x only) and, per line, the latency at p50, p99 and p99.9 (first x at or below it)
array CLO[npanels]; array CHI[npanels]; array Q50[nlines]; array Q99[nlines]; array Q999[nlines]
do for [_p=1:npanels] { CLO[_p] = NaN; CHI[_p] = NaN }
do for [i=1:nlines] { Q50[i] = NaN; Q99[i] = NaN; Q999[i] = NaN }
stats fig_data skip 1 using (_k = int($1), _x = num(2), _y = num(3), _k < 1 || _k > nlines || !(_x > 0) || !ok(_y) ? 0 : (_q = line_panel[_k], \
  Q50[_k] = !ok(Q50[_k]) && _y <= 0.5 ? _x : Q50[_k], Q99[_k] = !ok(Q99[_k]) && _y <= 0.01 ? _x : Q99[_k], Q999[_k] = !ok(Q999[_k]) && _y <= 0.001 ? _x : Q999[_k], \
  CLO[_q] = _y < 0.995 ? min2(CLO[_q], _x) : CLO[_q], CHI[_q] = _y >= fig_pmin ? max2(CHI[_q], _x) : CHI[_q]), 0) name 'S' nooutput
if (exists("line_p50"))  { do for [i=1:nlines] { Q50[i] = line_p50[i] } }
if (exists("line_p99"))  { do for [i=1:nlines] { Q99[i] = line_p99[i] } }
if (exists("line_p999")) { do for [i=1:nlines] { Q999[i] = line_p999[i] } }
# one panel: a table on the right, slowest p99 first; more panels: legend on top
NCOL = npanels == 1 ? 1 : npanels <= 4 ? 2 : 3; NROW = int(ceil(npanels/real(NCOL)))
array ORDER[nvariants]; array KEYQ[nvariants]; array LINEOF[nvariants]; nlegend = nvariants
do for [v=1:nvariants] { ORDER[v] = v; KEYQ[v] = -1; LINEOF[v] = 0; do for [i=1:nlines] { if (line_variant[i] == v && line_panel[i] == 1 && line_series[i] == 1) { LINEOF[v] = i; KEYQ[v] = ok(Q99[i]) ? Q99[i] : -1 } } }
TABLE = npanels == 1
if (TABLE) { do for [a=1:nvariants] { do for [b=1:nvariants-1] { if (KEYQ[b+1] > KEYQ[b]) { _t = KEYQ[b]; KEYQ[b] = KEYQ[b+1]; KEYQ[b+1] = _t; _t = ORDER[b]; ORDER[b] = ORDER[b+1]; ORDER[b+1] = _t } } } }
array LEGNAME[nvariants]; array LEGKEY[nvariants]; LW = 0
do for [i=1:nvariants] { LEGNAME[i] = variant_name[ORDER[i]]; LEGKEY[i] = variant_colour[ORDER[i]]; LW = max2(LW, tw(LEGNAME[i], 11)) }
NCH = 30; LW = min2(LW, 200)
LM = 64; GAP = 112; RM = TABLE ? 50 + 36 + LW + 3*52 + 16 : 50
CW = (W - LM - RM - (NCOL-1)*GAP)/real(NCOL)
PH = npanels == 1 ? 340 : 200
THEAD = 28; PITCH = THEAD + PH + 40
eval proc('head')
if (nvariants == 1) { nlegend = 0 }
DRAW = 0; YL = YHEAD + 10; LEGH = 0
if (!TABLE) { eval proc('legend') }
YP = YHEAD + LEGH + (LEGH > 0 ? 8 : 4)
H = YP + NROW*PITCH + 24 + YFOOT
eval proc('open')
if (!TABLE && nlegend > 0) { DRAW = 1; eval proc('legend') }
set multiplot
do for [_p=1:npanels] {
  _r = int((_p-1)/NCOL); _c = (_p-1) % NCOL
  _left = LM + _c*(CW + GAP); _top = YP + _r*PITCH + THEAD
  set lmargin at screen SX(_left); set rmargin at screen SX(_left + CW); set tmargin at screen SY(_top); set bmargin at screen SY(_top + PH)
  XLO = ok(CLO[_p]) ? CLO[_p] : 1; XHI = ok(CHI[_p]) ? CHI[_p] : 10
  if (ok(panel_slo[_p]) && panel_slo[_p] > 0) { XHI = max2(XHI, panel_slo[_p]*1.3); XLO = min2(XLO, panel_slo[_p]/1.3) }
  if (XHI <= XLO) { XHI = 10*XLO }
  _f = (XHI/XLO)**0.03; XLO = XLO/_f; XHI = XHI*_f
  x_log = 1; _pw = CW; eval proc('xaxis')
  set logscale y; set yrange [fig_pmin:1.0]; set ytics () font ',10.5'
  _dec = -int(floor(log10(fig_pmin) + 0.5))
  do for [_d=0:_dec] { set ytics add ((_d <= 4 ? sprintf(sprintf('%%.%df', _d), 10.0**-_d) : sprintf('1e-%d', _d)) 10.0**-_d 0) }
  unset grid; set grid xtics lt 1 lc rgb RULE lw 0.8 back
  do for [_i=1:4] { _q = real(word('0.5 0.01 0.001 0.0001', _i)); if (_q >= fig_pmin) {
    set arrow from graph 0, first _q to graph 1, first _q nohead lw 0.9 dt 31 lc rgb AXIS back
    set label word('p50 p99 p99.9 p99.99', _i) at graph 1, first _q offset 0.5,0 left font ',10' tc rgb GREY } }
  set label (bold(panel_title[_p]).'{/*0.9   share slower than x · log-log}') at screen SX(_left - 44), screen SY(_top - 16) left font ',12' tc rgb INK
  set label fig_xlabel.(strlen(panel_unit[_p]) > 0 ? ' ('.panel_unit[_p].')' : '') at screen SX(_left + CW), screen SY(_top + PH + 38) right font ',10.5' tc rgb GREY noenhanced
  if (ok(panel_slo[_p]) && panel_slo[_p] > 0) {
    set arrow from first panel_slo[_p], graph 0 to first panel_slo[_p], graph 1 nohead lw 1.2 dt 30 lc rgb SLO front
    set label panel_slo_label[_p] at first panel_slo[_p], graph 1 offset 0,0.55 center font ',10' tc rgb SLO noenhanced }
  if (TABLE) {
    _x = _left + CW + 50; _n = _x + 36 + LW
    do for [_i=1:3] { set label word('p50 p99 p99.9', _i) at screen SX(_n + 52*_i), screen SY(_top + 8) right font ',10' tc rgb GREY }
    if (strlen(panel_unit[_p]) > 0) { set label panel_unit[_p] at screen SX(_n + 156), screen SY(_top - 6) right font ',10' tc rgb GREY noenhanced }
    do for [v=1:nvariants] {
      _yy = _top + 8 + 21*v; _k = LEGKEY[v]; _i = LINEOF[ORDER[v]]
      set arrow from screen SX(_x), screen SY(_yy) to screen SX(_x + 28), screen SY(_yy) nohead lw 2 dt dash(_k) lc rgb solid(_k)
      set label '' at screen SX(_x + 14), screen SY(_yy) point pt mark(_k) ps 0.8 lc rgb solid(_k)
      set label (strlen(LEGNAME[v]) > NCH ? LEGNAME[v][1:NCH-1].'…' : LEGNAME[v]) at screen SX(_x + 34), screen SY(_yy) left font ',11' tc rgb INK noenhanced
      if (_i > 0) {
        set label (ok(Q50[_i]) ? human(Q50[_i]) : '–') at screen SX(_n + 52), screen SY(_yy) right font ',11' tc rgb INK
        set label (ok(Q99[_i]) ? human(Q99[_i]) : '–') at screen SX(_n + 104), screen SY(_yy) right font ',11' tc rgb INK
        set label (ok(Q999[_i]) ? human(Q999[_i]) : '–') at screen SX(_n + 156), screen SY(_yy) right font ',11' tc rgb INK } }
  }
  tick(v) = (_b = floor((log(num(2)/XLO)/log(XHI/XLO))*6 - 0.15 - 0.7*((v-1) % 7)/7.0), _b != _lastb ? (_lastb = _b, 1) : 0)
  pos(c) = (num(2) > 0 && num(c) > 0) ? num(c) : NaN
  lowp(c) = max2(num(c), fig_pmin)
  _lastb = -1e9; _cmd = ''
  do for [i=1:nlines] { if (line_panel[i] == _p && line_series[i] == 1 && ok(LYHI[i])) { _cmd = _cmd.', fig_data'.rows(i).sprintf('2:($1 == %d && num(2) > 0 ? lowp(4) : NaN):(lowp(5)) with filledcurves fc rgb haze(%d) fs solid noborder', i, variant_colour[line_variant[i]]) } }
  do for [i=1:nlines] { if (line_panel[i] == _p && ok(LYMAX[i])) {
    _k = variant_colour[line_variant[i]]; _s = line_series[i]
    _cmd = _cmd.', fig_data'.rows(i).sprintf('(num(2) > 0 ? num(2) : NaN):($1 == %d ? pos(3) : NaN) with lines lw %.1f dt %d lc rgb "%s"', i, _s == 1 ? 1.8 : 1.0, _s > 2 ? 31 : dash(_k), _s == 1 ? solid(_k) : pale(_k))
    if (nvariants > 1 && _s == 1) { _cmd = _cmd.', fig_data'.rows(i).sprintf('2:($1 == %d && num(2) > XLO && num(3) > 0 && tick(%d) ? num(3) : NaN) with points pt %d ps 0.7 lc rgb "%s"', i, line_variant[i], mark(_k), solid(_k)) } } }
  if (strlen(_cmd) == 0) { set label 'no data' at graph 0.5, graph 0.5 center font ',10' tc rgb GREY; _cmd = ', 1 with lines lw 0.1 lc rgb "#ffffff"' }
  eval 'plot '._cmd[3:*]
  unset label; unset arrow
}
unset multiplot
set output
