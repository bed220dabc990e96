# bars.gp: variants x metrics, horizontal bars with interval whiskers.
# data columns: panel,row,value,low,high,claim,metric,unit,variant (row = position of the variant in variant_name)

W = fig_width; H = 100
if (!exists("panel_claim"))       { array panel_claim[npanels];       do for [i=1:npanels] { panel_claim[i] = NaN } }
if (!exists("panel_claim_label")) { array panel_claim_label[npanels]; do for [i=1:npanels] { panel_claim_label[i] = 'claim' } }
if (!exists("fig_claim_label"))   fig_claim_label = 'claim'
array BLO[npanels]; array BHI[npanels]; array BPOS[npanels]
do for [p=1:npanels] { BLO[p] = 0; BHI[p] = 0; BPOS[p] = NaN; if (ok(panel_claim[p])) { BHI[p] = max2(0, panel_claim[p]); BLO[p] = min2(0, panel_claim[p]); if (panel_claim[p] > 0) { BPOS[p] = panel_claim[p] } } }
HASCLAIM = 0; _n = -1
stats fig_data skip 1 using (_n = _n + 1, _k = int($1), _k < 1 || _k > npanels ? 0 : (_y = num(3), _l = num(4), _h = num(5), _m = num(6), \
  BLO[_k] = min2(min2(BLO[_k], _y), _l), BHI[_k] = max2(max2(BHI[_k], max2(_y, _h)), _m), HASCLAIM = ok(_m) ? 1 : HASCLAIM, \
  BPOS[_k] = _y > 0 ? min2(BPOS[_k], _y) : BPOS[_k], BPOS[_k] = _m > 0 ? min2(BPOS[_k], _m) : BPOS[_k]), 0) name 'S' nooutput
if (_n < 0) { print fig_data.': no rows, or not there'; exit status 2 }

NW = 0; do for [v=1:nvariants] { NW = max2(NW, tw(variant_name[v], 11.5)) }
NROW = int(ceil(npanels/4.0)); NCOL = int(ceil(npanels/real(NROW)))
LM = min2(max2(60, NW + 30), (NCOL > 2 ? 0.22 : 0.34)*W); NCH = int((LM - 22)/(11.5*0.59)); GAP = 34; RM = 16
CW = (W - LM - RM - (NCOL-1)*GAP)/real(NCOL)
BH = 24; PH = BH*nvariants + 8
THEAD = 46; PITCH = THEAD + PH + 30
eval proc('head')
nlegend = 0; array LEGNAME[1]; array LEGKEY[1]
if (HASCLAIM) { nlegend = 1; LEGNAME[1] = fig_claim_label; LEGKEY[1] = -1 }
DRAW = 0; YL = YHEAD + 10
eval proc('legend')
YP = YHEAD + LEGH
H = YP + NROW*PITCH + 10 + YFOOT
eval proc('open')
if (nlegend > 0) { DRAW = 1; eval proc('legend') }
set multiplot
set boxwidth 0.6
do for [_p=1:npanels] {
  _r = int((_p-1)/NCOL); _c = (_p-1) % NCOL
  _left = LM + _c*(CW + GAP); _top = YP + _r*PITCH + THEAD
  set lmargin at screen SX(_left); set rmargin at screen SX(_left + CW); set tmargin at screen SY(_top); set bmargin at screen SY(_top + PH)
  x_log = panel_log[_p]; _pw = CW; _room = min2(0.45, (x_log ? 64 : 58)/CW)       # room for the value after the longest bar
  XHI = ok(BHI[_p]) ? BHI[_p] : 1; XLO = ok(BLO[_p]) ? BLO[_p] : 0
  if (x_log) {
    if (!ok(BPOS[_p])) { BPOS[_p] = 1; XHI = 10 }
    XLO = 10**floor(log10(BPOS[_p]) - 0.3); if (XHI <= XLO) { XHI = 10*XLO }
    XHI = XLO*(XHI/XLO)**(1/(1 - _room))
  } else {
    if (XHI == XLO) { XHI = 1 }
    XHI = XLO + (XHI - XLO)/(1 - _room)
    if (XLO < 0) { XLO = XLO - 0.15*(XHI - XLO) }
  }
  x_top = panel_share[_p] ? 1 : 1e308
  eval proc('xaxis')
  set yrange [nvariants + 0.5 + 4.0/BH : 0.5 - 4.0/BH]
  unset grid; set grid xtics lt 1 lc rgb RULE lw 0.8 back
  unset ytics
  if (_c == 0) { do for [v=1:nvariants] { set label (strlen(variant_name[v]) > NCH ? variant_name[v][1:NCH-1].'…' : variant_name[v]) at graph 0, first v offset -0.8,0 right font ',11.5' tc rgb INK noenhanced } }
  _t = panel_title[_p]; _n = int(CW/(12*0.66)); _k = cutname(_t, _n); _two = strlen(_t) > _k
  if (_two) { set label bold(_t[1:_k]) at screen SX(_left), screen SY(_top - 38) left font ',12' tc rgb INK; set label bold(strlen(_t) > _k + _n ? _t[_k+1:_k+_n-1].'…' : _t[_k+1:*]) at screen SX(_left), screen SY(_top - 24) left font ',12' tc rgb INK }
  else { set label bold(_t) at screen SX(_left), screen SY(_top - 26) left font ',12' tc rgb INK }
  set label panel_unit[_p].(x_log ? ' · log scale' : '') at screen SX(_left), screen SY(_top - 9) left font ',10.5' tc rgb GREY noenhanced
  if (ok(panel_claim[_p])) {
    set arrow from first panel_claim[_p], graph 0 to first panel_claim[_p], graph 1 nohead lw 1.2 dt 30 lc rgb SLO front
    set label panel_claim_label[_p] at first panel_claim[_p], screen SY(_top - 8) offset 0,0 center font ',10' tc rgb SLO noenhanced
  }
  floorx(x) = x != x ? NaN : (x_log && x < XLO) ? XLO : x
  base0 = x_log ? XLO : 0
  row(c) = ($1 == _p ? num(c) : NaN)
  _cmd = ''
  # linear: a bar from zero. log: a dot on a stem, since a length from an arbitrary floor means nothing
  do for [v=1:nvariants] { _cmd = _cmd.sprintf(', fig_data skip 1 using (base0):($1 == _p && $2 == %d ? $2 : NaN):(base0):(floorx(num(3))):($2-%.2f):($2+%.2f) with boxxyerror fc rgb "%s" fs solid 0.85 noborder', v, x_log ? 0.05 : 0.31, x_log ? 0.05 : 0.31, solid(variant_colour[v])) }
  # whiskers light over a dark bar and dark beyond it: a white halo under a dark line
  _cmd = _cmd.', fig_data skip 1 using (row(3)):2:(floorx(num(4))):(floorx(num(5))) with xerrorbars pt 0 ps 0 lw 3.2 lc rgb "#ffffff"'
  _cmd = _cmd.', fig_data skip 1 using (row(3)):2:(floorx(num(4))):(floorx(num(5))) with xerrorbars pt 0 ps 0 lw 1.2 lc rgb "#444444"'
  if (x_log) { do for [v=1:nvariants] { _cmd = _cmd.sprintf(', fig_data skip 1 using (floorx(row(3))):($2 == %d ? $2 : NaN) with points pt %d ps 1 lc rgb "%s"', v, mark(variant_colour[v]), solid(variant_colour[v])) } }
  _cmd = _cmd.', fig_data skip 1 using (row(6)):($2-0.42):(0):(0.84) with vectors nohead lw 1.6 dt 30 lc rgb "#000000"'
  _cmd = _cmd.', fig_data skip 1 using ($1 == _p ? (ok(num(3)) ? max2(base0, max2(floorx(num(3)), floorx(num(5)))) : base0) : NaN):2:(ok(num(3)) ? human(num(3)) : "not measured") with labels left offset '.(x_log ? '1.3' : '0.7').',0 font ",10.5" tc rgb "#222222" noenhanced'
  set arrow from first base0, graph 0 to first base0, graph 1 nohead lw 1 lc rgb AXIS front
  set border 0
  eval 'plot '._cmd[3:*]
  unset label; unset arrow
}
unset multiplot
set output
