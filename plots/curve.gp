# curve.gp: a metric against a swept parameter. data columns: line,x,mean,low,high,panel,series,unit,variant
# line_variant = 0 is theory: thin black dashes, no band, no markers.

W = fig_width; H = 100
if (!exists("fig_xlog")) fig_xlog = 0
if (!exists("fig_xunit")) fig_xunit = ''
if (!exists("fig_theory_label")) fig_theory_label = 'theory'
eval proc('ranges')
if (exists("fig_from")) XMIN = fig_from
if (exists("fig_to"))   XMAX = fig_to
if (!ok(XMIN)) { XMIN = fig_xlog ? 1 : 0; XMAX = 1 }
if (fig_xlog && XMIN <= 0) { XMIN = XMAX/1000.0 }
if (XMAX <= XMIN) XMAX = fig_xlog ? 10*XMIN : XMIN + 1

# legend: on the right with one panel, in the order of the line ends; else on top, in scenario order
NCOL = npanels == 1 ? 1 : npanels <= 4 ? 2 : 3; NROW = int(ceil(npanels/real(NCOL)))
THEORY = 0
do for [i=1:nlines] { if (line_variant[i] == 0) { THEORY = 1 } }
array ORDER[nvariants + 1]; array ENDY[nvariants + 1]; nlegend = 0
do for [v=1:nvariants + THEORY] {
  nlegend = nlegend + 1; ORDER[nlegend] = v > nvariants ? 0 : v; ENDY[nlegend] = NaN
  do for [i=1:nlines] { if (line_variant[i] == ORDER[nlegend] && line_panel[i] == 1 && !ok(ENDY[nlegend])) { ENDY[nlegend] = LYLAST[i] } }
}
RIGHT = npanels == 1 && nlegend > 1
if (RIGHT) { do for [a=1:nlegend] { do for [b=1:nlegend-1] { if (ENDY[b+1] > ENDY[b] || (!ok(ENDY[b]) && ok(ENDY[b+1]))) { _t = ENDY[b]; ENDY[b] = ENDY[b+1]; ENDY[b+1] = _t; _t = ORDER[b]; ORDER[b] = ORDER[b+1]; ORDER[b+1] = _t } } } }
array LEGNAME[nvariants + 1]; array LEGKEY[nvariants + 1]
LW = 0
do for [i=1:nlegend] { LEGNAME[i] = ORDER[i] == 0 ? fig_theory_label : variant_name[ORDER[i]]; LEGKEY[i] = ORDER[i] == 0 ? -1 : variant_colour[ORDER[i]]; LW = max2(LW, tw(LEGNAME[i], 11.5) + 60) }
HASSLO = 0
do for [_p=1:npanels] { if (ok(panel_slo[_p])) { HASSLO = max2(HASSLO, tw(panel_slo_label[_p], 10)) } }
LM = 64; GAP = 64; RM = RIGHT ? max2(LW, HASSLO) + 24 : max2(24, HASSLO + 10)
CW = (W - LM - RM - (NCOL-1)*GAP)/real(NCOL)
PH = npanels == 1 ? 330 : 190
THEAD = 28; PITCH = THEAD + PH + 40
eval proc('head')
if (nvariants == 1 && !THEORY) { nlegend = 0 }
DRAW = 0; YL = YHEAD + 10; LEGH = 0
if (!RIGHT) { eval proc('legend') }
YP = YHEAD + LEGH + (LEGH > 0 ? 8 : 4)
H = YP + NROW*PITCH + 24 + YFOOT
eval proc('open')
if (!RIGHT && nlegend > 0) { DRAW = 1; eval proc('legend') }
set multiplot
clip(y) = y != y ? NaN : y < YLO ? YLO : y > YHI ? YHI : y
floorlog(y) = (panel_log[_p] && y <= 0) ? YLO : y
do for [_p=1:npanels] {
  _r = int((_p-1)/NCOL); _c = (_p-1) % NCOL
  _left = LM + _c*(CW + GAP); _top = YP + _r*PITCH + THEAD
  set lmargin at screen SX(_left); set rmargin at screen SX(_left + CW); set tmargin at screen SY(_top); set bmargin at screen SY(_top + PH)
  _ph = PH; eval proc('yaxis')
  x_log = fig_xlog; _pw = CW
  _pad = 0.02; XLO = x_log ? XMIN/(XMAX/XMIN)**_pad : XMIN - _pad*(XMAX - XMIN); XHI = x_log ? XMAX*(XMAX/XMIN)**_pad : XMAX + _pad*(XMAX - XMIN)
  if (!x_log && XMIN >= 0 && XMIN < 0.1*XMAX) { XLO = 0 }
  eval proc('xaxis')
  set label paneltitle(_p) at screen SX(_left - 44), screen SY(_top - 16) left font ',12' tc rgb INK
  set label fig_xlabel.(strlen(fig_xunit) > 0 ? ' ('.fig_xunit.')' : '').(x_log ? ' · log scale' : '') at screen SX(_left + CW), screen SY(_top + PH + 38) right font ',10.5' tc rgb GREY noenhanced
  if (exists("fig_mark_from")) { set object 1 rectangle from first fig_mark_from, graph 0 to first fig_mark_to, graph 1 fc rgb FAULT fs solid noborder behind }
  if (ok(panel_slo[_p]) && SLOIN) {
    set arrow from graph 0, first panel_slo[_p] to graph 1, first panel_slo[_p] nohead lw 1.2 dt 30 lc rgb SLO front
    if (RIGHT) { set label panel_slo_label[_p] at graph 0, first panel_slo[_p] offset 0.6,0.6 left font ',10' tc rgb SLO noenhanced } else { set label panel_slo_label[_p] at graph 1, first panel_slo[_p] offset 0.6,0 left font ',10' tc rgb SLO noenhanced }
  }
  if (ok(panel_slo[_p]) && !SLOIN) { set label panel_slo_label[_p].' is above the scale' at screen SX(_left + CW), screen SY(_top - 14) right font ',10' tc rgb SLO noenhanced }
  if (RIGHT) {
    # names beside the ends of their lines, pushed apart to stay readable
    array LY[nlegend]
    do for [i=1:nlegend] {
      _f = !ok(ENDY[i]) ? 0 : panel_log[_p] ? log(floorlog(ENDY[i])/YLO)/log(YHI/YLO) : (ENDY[i] - YLO)/(YHI - YLO)
      LY[i] = _top + PH*(1 - min2(1, max2(0, _f))) }
    do for [a=1:40] { do for [i=1:nlegend-1] { if (LY[i+1] - LY[i] < 17) { _m = (LY[i] + LY[i+1])/2.0; LY[i] = max2(_top - 4, _m - 8.51); LY[i+1] = LY[i] + 17.02 } }; if (LY[nlegend] > _top + PH) { LY[nlegend] = _top + PH } }
    do for [i=1:nlegend] {
      _k = LEGKEY[i]; _x = _left + CW + 14
      set arrow from screen SX(_x), screen SY(LY[i]) to screen SX(_x + 26), screen SY(LY[i]) nohead lw (_k < 0 ? 1.2 : 2) dt dash(_k) lc rgb (_k < 0 ? '#000000' : solid(_k))
      if (_k >= 0) { set label '' at screen SX(_x + 13), screen SY(LY[i]) point pt mark(_k) ps 0.8 lc rgb solid(_k) }
      set label LEGNAME[i] at screen SX(_x + 33), screen SY(LY[i]) left font ',11.5' tc rgb INK noenhanced }
  }
  _cmd = ''
  do for [i=1:nlines] { if (line_panel[i] == _p && line_variant[i] > 0 && line_series[i] == 1 && ok(LYHI[i])) { _cmd = _cmd.', fig_data'.rows(i).sprintf('2:($1 == %d ? clip(floorlog(num(4))) : NaN):(clip(floorlog(num(5)))) with filledcurves fc rgb haze(%d) fs solid noborder', i, variant_colour[line_variant[i]]) } }
  do for [i=1:nlines] { if (line_panel[i] == _p && ok(LYMAX[i])) {
    if (line_variant[i] == 0) { _cmd = _cmd.', fig_data'.rows(i).sprintf('2:($1 == %d ? floorlog(num(3)) : NaN) with lines lw 1.2 dt 30 lc rgb "#000000"', i) }
    else { _k = variant_colour[line_variant[i]]; _s = line_series[i]
      _cmd = _cmd.', fig_data'.rows(i).sprintf('2:($1 == %d ? floorlog(num(3)) : NaN) with linespoints pt %d ps %.1f lw %.1f dt %d lc rgb "%s"', i, mark(_k), _s == 1 ? 0.8 : 0.5, _s == 1 && !THEORY ? 1.8 : 0.8, _s > 2 ? 31 : dash(_k), _s == 1 ? solid(_k) : pale(_k)) } } }
  if (strlen(_cmd) == 0) { set label 'no data' at graph 0.5, graph 0.5 center font ',10' tc rgb GREY; _cmd = ', YHI with lines lw 0.1 lc rgb "#ffffff"' }
  eval 'plot '._cmd[3:*]
  unset label; unset arrow
}
unset multiplot
set output
