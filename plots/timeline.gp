# timeline.gp: stacked panels over simulated time. data columns: line,t_s,mean,low,high,panel,series,unit,variant

W = fig_width; H = 100
eval proc('ranges')
if (exists("fig_from")) XMIN = fig_from
if (exists("fig_to"))   XMAX = fig_to
if (!ok(XMIN)) { XMIN = 0; XMAX = 1 }
if (!exists("fig_from") && XMIN > 0 && XMIN < 0.05*XMAX) XMIN = 0
if (XMAX <= XMIN) XMAX = XMIN + 1
SPAN = XMAX - XMIN
if (SPAN <= 600)                        { TDIV = 1;     TUNIT = 's';   TSTEPS = '0.1 0.2 0.5 1 2 5 10 15 30 60 120 300 600' }
if (SPAN > 600 && SPAN <= 10800)        { TDIV = 60.;   TUNIT = 'min'; TSTEPS = '1 2 5 10 15 30 60 120' }
if (SPAN > 10800 && SPAN <= 345600)     { TDIV = 3600.; TUNIT = 'h';   TSTEPS = '1 2 3 4 6 12 24 48' }
if (SPAN > 345600)                      { TDIV = 86400.; TUNIT = 'd';  TSTEPS = '1 2 5 7 14 28 56 91 182 365 730' }
if (strlen(fig_xlabel) == 0) fig_xlabel = 'simulated time'

SMALL = (fig_layout eq 'small-multiples') || (fig_layout eq 'auto' && nvariants > 3)
HASSLO = 0
do for [_p=1:npanels] { if (ok(panel_slo[_p])) { HASSLO = max2(HASSLO, tw(panel_slo_label[_p], 10)) } }
LM = 64; RM = max2(20, HASSLO + 12); GAP = 16
NC = SMALL ? nvariants : 1
if (SMALL) { W = max2(W, LM + RM + NC*96 + (NC-1)*GAP) }
CW = (W - LM - RM - (NC-1)*GAP)/real(NC)
PH = SMALL ? 116 : 132
eval proc('head')

# fault text: one line each in the strip over the first panel (overlay), one legend entry (small multiples)
ftext(i) = fault_label[i] eq '' ? '' : fault_label[i].(fault_to[i] > fault_from[i] ? sprintf(' (%s–%s %s)', abs3(fault_from[i]/TDIV), abs3(fault_to[i]/TDIV), TUNIT) : sprintf(' (at %s %s)', abs3(fault_from[i]/TDIV), TUNIT))
PX(t) = LM + (t - XMIN)/SPAN*CW
FROWS = 0
# faults without a name repeat one that has it; FLET: their letters in small multiples
if (nfaults > 0) {
  if (!exists("fault_variant")) { array fault_variant[nfaults]; do for [f=1:nfaults] { fault_variant[f] = 0 } }
  array FLET[nfaults]; _named = 0
  do for [f=1:nfaults] { if (fault_label[f] ne '') { _named = _named + 1 }; FLET[f] = _named }
  # what strikes several columns at once has its name in the first and its letter in each
  array FSHOW[nfaults]
  do for [f=1:nfaults] { FSHOW[f] = fault_label[f] ne ''; if (f > 1) { if (FSHOW[f-1] && fault_label[f] eq '' && fault_variant[f] > fault_variant[f-1] && fault_from[f] == fault_from[f-1] && fault_to[f] == fault_to[f-1]) { FSHOW[f] = 1 } } }
  array FROW[nfaults]; array FEND[nfaults]; array FAT[nfaults]
  do for [f=1:nfaults] { FEND[f] = -1 }
  do for [f=1:nfaults] { if (fault_label[f] ne '') {
    _w = tw(ftext(f), 10.5); _a = min2(max2(PX((fault_from[f]+fault_to[f])/2.0) - _w/2, LM), W - 8 - _w); FAT[f] = _a; FROW[f] = 0
    do for [r=1:nfaults] { if (FROW[f] == 0 && FEND[r] < _a) { FROW[f] = r; FEND[r] = _a + _w + 10 } }
    FROWS = max2(FROWS, FROW[f])
  } else { FROW[f] = 0; FAT[f] = 0 } }
}

GHOSTED = SMALL && nvariants > 1 && variant_colour[1] == 0
# legend entries: variants in scenario order (overlay), faults (small multiples)
array LEGNAME[nvariants + nfaults + 1]; array LEGKEY[nvariants + nfaults + 1]; nlegend = 0
if (!SMALL && nvariants > 1) { do for [v=1:nvariants] { nlegend = nlegend + 1; LEGNAME[nlegend] = variant_name[v]; LEGKEY[nlegend] = variant_colour[v] } }
if (SMALL)  { do for [f=1:nfaults] { if (fault_label[f] ne '') { nlegend = nlegend + 1; LEGNAME[nlegend] = (_named > 1 ? word('A B C D E F G H I J K L M N O P', FLET[f]).': ' : '').ftext(f); LEGKEY[nlegend] = -2 } } }
if (GHOSTED) { nlegend = nlegend + 1; LEGNAME[nlegend] = variant_name[1].', repeated for comparison'; LEGKEY[nlegend] = -3 }
DRAW = 0; YL = YHEAD + 10
eval proc('legend')
HEADROWS = 1
if (SMALL) {
  NCH = int(max2(6, (CW + GAP - 4)/(11*0.68)))
  do for [v=1:nvariants] { _s = variant_name[v]; _r = 0; do for [_i=1:4] { if (strlen(_s) > 0) { _s = _s[cutname(_s, NCH)+1:*]; _r = _i } }; HEADROWS = max2(HEADROWS, _r) }
}
YNAME = YHEAD + LEGH + (nlegend > 0 ? 6 : 0)
YP = YHEAD + LEGH + (nlegend > 0 ? 6 : 0) + (SMALL ? 15*HEADROWS + 14 : 4)      # top of the panels' area
THEAD = SMALL ? 40 : 28                                 # room over a panel for its title
STRIP = SMALL ? (nfaults > 1 ? 12 : 0) : 15*FROWS
PITCH = THEAD + PH + (SMALL ? 4 : 8)
H = YP + STRIP + npanels*PITCH + 44 + YFOOT

eval proc('open')
if (nlegend > 0) { DRAW = 1; eval proc('legend') }
set multiplot
if (SMALL) {
  do for [v=1:nvariants] {
    _s = variant_name[v]; _l = LM + (v-1)*(CW + GAP); _r = 0
    do for [_i=1:4] { if (strlen(_s) > 0) { _k = cutname(_s, NCH); set label bold(_s[1:_k]) at screen SX(_l), screen SY(YNAME + 15*_i - 2) left font ',11' tc rgb INK; _s = _s[_k+1:*]; _r = _i } }
    _yy = YNAME + 15*HEADROWS + 7
    set arrow from screen SX(_l), screen SY(_yy) to screen SX(_l + CW), screen SY(_yy) nohead lw 3 lc rgb solid(variant_colour[v])
  }
}
set label fig_xlabel.' ('.TUNIT.')' at screen SX(W - RM), screen SY(H - YFOOT - 10) right font ',10.5' tc rgb GREY noenhanced

# a round time step with room for its labels
TSTEP = 0
do for [i=1:words(TSTEPS)] { _st = real(word(TSTEPS, i)); if (TSTEP == 0 && CW/(SPAN/TDIV/_st) >= (SMALL ? 40 : 60)) { TSTEP = _st } }
if (TSTEP == 0) TSTEP = nice(SPAN/TDIV/(SMALL ? 2 : 8))
MSTEP = SPAN/(SMALL ? 3.0 : 12.0)                        # spacing of markers, staggered by variant

clip(y) = y != y ? NaN : y < YLO ? YLO : y > YHI ? YHI : y
floorlog(y) = (panel_log[_p] && y <= 0) ? YLO : y
tick(v) = (_b = floor((num(2) - XMIN)/MSTEP - 0.15 - 0.7*((v-1) % 7)/7.0), _b != _lastb ? (_lastb = _b, 1) : 0)

do for [_p=1:npanels] {
  _ph = PH
  eval proc('yaxis')
  _top = YP + STRIP + (_p-1)*PITCH + THEAD
  # title, unit; the series of the panel told apart by weight
  _ns = 1
  do for [i=1:nlines] { if (line_panel[i] == _p) { _ns = max2(_ns, line_series[i]) } }
  _ty = _top - (SMALL ? 24 : 14) - (_p == 1 ? STRIP : 0)
  set label paneltitle(_p) at screen SX(20), screen SY(_ty) left font ',12' tc rgb INK
  if (ok(panel_slo[_p]) && !SLOIN) { set label panel_slo_label[_p].' is above the scale' at screen SX(W - RM), screen SY(_ty) right font ',10' tc rgb SLO noenhanced }
  if (_ns > 1) {
    _lx = 20 + tw(panel_title[_p].panel_unit[_p], 12.6) + (panel_log[_p] ? (PZERO[_p] ? 150 : 75) : 0) + 40
    do for [s=1:_ns] { do for [i=1:nlines] { if (line_panel[i] == _p && line_series[i] == s && line_variant[i] == 1) {
      set arrow from screen SX(_lx), screen SY(_ty) to screen SX(_lx+22), screen SY(_ty) nohead lw (s == 1 ? 2.2 : 1.0) dt serdash(s) lc rgb GREY
      set label line_label[i] at screen SX(_lx+27), screen SY(_ty) left font ',10.5' tc rgb GREY noenhanced
      _lx = _lx + 27 + tw(line_label[i], 10.5) + 16 } } }
  }
  do for [c=1:NC] {
    set lmargin at screen SX(LM + (c-1)*(CW + GAP)); set rmargin at screen SX(LM + (c-1)*(CW + GAP) + CW)
    set tmargin at screen SY(_top); set bmargin at screen SY(_top + PH)
    set xrange [XMIN:XMAX]
    set xtics () font ',10.5'
    do for [m=int(ceil(XMIN/TDIV/TSTEP - 1e-9)):int(floor(XMAX/TDIV/TSTEP + 1e-9))] { set xtics add ((_p == npanels && (c == NC || PX(m*TSTEP*TDIV) < LM + CW - 11) ? abs3(m*TSTEP) : '') m*TSTEP*TDIV 0) }
    if (c > 1) { set ytics (); do for [m=1:words(YT)] { set ytics add ('' real(word(YT, m)) 0) }; set border 1 } else { set border 3 }
    _fx = -1e9
    do for [f=1:nfaults] { if (!SMALL || fault_variant[f] == 0 || fault_variant[f] == c) {
      if (fault_to[f] > fault_from[f]) { set object rectangle from first max2(fault_from[f], XMIN), graph 0 to first min2(fault_to[f], XMAX), graph 1 fc rgb FAULT fs solid noborder behind }
      else { set arrow from first fault_from[f], graph 0 to first fault_from[f], graph 1 nohead lw 1.2 dt 31 lc rgb FAULTINK back }
      if (_p == 1 && !SMALL && fault_label[f] ne '') { set label ftext(f) at screen SX(FAT[f]), screen SY(_top - 8 - 15*(FROW[f]-1)) left font ',10.5' tc rgb FAULTINK noenhanced }
      if (_p == 1 && SMALL && _named > 1 && FSHOW[f]) { _fx = max2(_fx + 9, PX((fault_from[f]+fault_to[f])/2.0)); set label word('A B C D E F G H I J K L M N O P', FLET[f]) at screen SX(_fx + (c-1)*(CW + GAP)), screen SY(_top - 6) center font ',9.5' tc rgb FAULTINK }
    } }
    if (ok(panel_slo[_p]) && SLOIN) {
      set arrow from graph 0, first panel_slo[_p] to graph 1, first panel_slo[_p] nohead lw 1.2 dt 30 lc rgb SLO front
      if (c == NC) { set label panel_slo_label[_p] at graph 1, first panel_slo[_p] offset 0.6,0 left font ',10' tc rgb SLO noenhanced }
    }
    if (SMALL) { do for [i=1:nlines] { if (line_panel[i] == _p && line_variant[i] == c && line_series[i] == 1 && ok(LYMAX[i])) {
      set label 'max '.human(LYMAX[i]) at screen SX(LM + (c-1)*(CW + GAP) + CW), screen SY(_top - 8 - (_p == 1 ? STRIP : 0)) right font ',9.5' tc rgb GREY noenhanced } } }
    # bands, ghost of the base, lines (base first), sparse markers
    first = 1; if (SMALL) { first = c }; last = SMALL ? c : nvariants
    shown(i) = (line_panel[i] == _p && line_variant[i] >= first && line_variant[i] <= last)
    ghost(i) = (GHOSTED && c > 1 && line_panel[i] == _p && line_variant[i] == 1 && line_series[i] == 1)
    _lastb = -1e9; _cmd = ''
    do for [i=1:nlines] { if (ghost(i) && ok(LYMAX[i])) { _cmd = _cmd.', fig_data'.rows(i).sprintf('2:($1 == %d ? floorlog(num(3)) : NaN) with lines lw 1.1 dt 1 lc rgb GHOST', i) } }
    do for [i=1:nlines] { if (shown(i) && line_series[i] == 1 && ok(LYHI[i])) { _cmd = _cmd.', fig_data'.rows(i).sprintf('2:($1 == %d ? clip(floorlog(num(4))) : NaN):(clip(floorlog(num(5)))) with filledcurves fc rgb haze(%d) fs solid noborder', i, variant_colour[line_variant[i]]) } }
    do for [i=1:nlines] { if (shown(i) && ok(LYMAX[i])) {
      _k = variant_colour[line_variant[i]]; _s = line_series[i]
      _cmd = _cmd.', fig_data'.rows(i).sprintf('2:($1 == %d ? floorlog(num(3)) : NaN) with lines lw %.1f dt %d lc rgb "%s"', i, _s == 1 ? 1.8 : 1.0, SMALL ? (_s > 2 ? 31 : 1) : dash(_k), _s == 1 ? solid(_k) : pale(_k))
      if (!SMALL && nvariants > 1 && _s == 1) { _cmd = _cmd.', fig_data'.rows(i).sprintf('2:($1 == %d && tick(%d) ? floorlog(num(3)) : NaN) with points pt %d ps 0.6 lc rgb "%s"', i, line_variant[i], mark(_k), solid(_k)) } } }
    if (strlen(_cmd) == 0) { set label 'no data' at graph 0.5, graph 0.5 center font ',10' tc rgb GREY; _cmd = ', YHI with lines lw 0.1 lc rgb "#ffffff"' }
    eval 'plot '._cmd[3:*]
    unset label; unset arrow; unset object
  }
}
unset multiplot
set output
