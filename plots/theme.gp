# theme.gp: what all figures share. Text of NAME.gp = preamble + this file + KIND.gp (see README.md).
# gnuplot 5.4. A procedure is a data block of statements, each ended by ";", run with eval proc("name").

set encoding utf8
set datafile separator comma
set decimalsign '.'

# ---- defaults of optional preamble variables
if (!exists("fig_format"))   fig_format = 'svg'
if (!exists("fig_subtitle")) fig_subtitle = ''
if (!exists("fig_footnote")) fig_footnote = ''
if (!exists("fig_width"))    fig_width = 960
if (!exists("fig_xlabel"))   fig_xlabel = ''
if (!exists("fig_layout"))   fig_layout = 'auto'
if (!exists("nfaults"))      nfaults = 0
if (!exists("nlines"))       nlines = 1
if (!exists("panel_log"))       { array panel_log[npanels];       do for [i=1:npanels] { panel_log[i] = 0 } }
if (!exists("panel_slo"))       { array panel_slo[npanels];       do for [i=1:npanels] { panel_slo[i] = NaN } }
if (!exists("panel_slo_label")) { array panel_slo_label[npanels]; do for [i=1:npanels] { panel_slo_label[i] = 'SLO' } }
if (!exists("panel_unit"))      { array panel_unit[npanels];      do for [i=1:npanels] { panel_unit[i] = '' } }
if (!exists("panel_share"))     { array panel_share[npanels];     do for [i=1:npanels] { panel_share[i] = 0 } }
if (!exists("panel_min"))       { array panel_min[npanels];       do for [i=1:npanels] { panel_min[i] = NaN } }
if (!exists("panel_max"))       { array panel_max[npanels];       do for [i=1:npanels] { panel_max[i] = NaN } }

# ---- colours: Okabe-Ito without its yellow (illegible on white), then three of Tol's muted set
PAL = '222222 0072B2 D55E00 56B4E9 CC79A7 009E73 E69F00 882255 999933 332288'
INK = '#222222'; GREY = '#5F5F5F'; RULE = '#E7E7E7'; AXIS = '#9A9A9A'; GHOST = '#C4C4C4'; SLO = '#A50026'; FAULT = '#F4E6CF'; FAULTINK = '#7A4B00'
hex(k) = word(PAL, 1 + k % 10)
solid(k) = '#'.hex(k)
haze(k) = (nvariants > 4 ? '#DC' : '#C8').hex(k)   # band: 14 or 22 % opaque
pale(k) = '#80'.hex(k)          # second and later series of a panel
set dashtype 11 (1,0)
set dashtype 12 (9,3)
set dashtype 13 (3,2.5)
set dashtype 14 (9,3,2,3)
set dashtype 15 (14,3)
set dashtype 16 (5,3)
set dashtype 17 (9,2,2,2,2,2)
set dashtype 18 (2,4)
set dashtype 19 (6,2,1,2)
set dashtype 20 (14,3,3,3)
set dashtype 30 (4,3)
set dashtype 31 (1,2.5)
dash(k) = k < 0 ? 30 : (k % 10 == 0) ? 1 : 11 + k % 10
serdash(s) = s > 2 ? 31 : 1
mark(k) = int(word('7 5 9 13 11 6 4 8 12 10', 1 + k % 10))   # disc square triangle diamond down-triangle, then hollow

# ---- numbers for people: 1.2 k, 3 M; plain below 1000
abs3(x) = sprintf('%.3g', x)
human(x) = x != x ? '' : x == 0 ? '0' : abs(x) >= 999.5e9 ? sprintf('%.3g T', x/1e12) : abs(x) >= 999.5e6 ? sprintf('%.3g G', x/1e9) : abs(x) >= 999.5e3 ? sprintf('%.3g M', x/1e6) : abs(x) >= 999.5 ? sprintf('%.3g k', x/1e3) : abs3(x)
has(c) = strlen(stringcolumn(c)) > 0
num(c) = has(c) ? real(stringcolumn(c)) : NaN                # an empty cell is a gap, never a join
nice(x) = (x <= 0 || x != x) ? 1 : (_e = 10**floor(log10(x)), _f = x/_e, _f <= 1.001 ? _e : _f <= 2.001 ? 2*_e : _f <= 5.001 ? 5*_e : 10*_e)
max2(a,b) = (a != a) ? b : (b != b) ? a : (a > b ? a : b)
min2(a,b) = (a != a) ? b : (b != b) ? a : (a < b ? a : b)
ok(x) = (x == x)

rows(i) = sprintf(' every ::%d::%d skip 1 using ', ROW1[i], ROW2[i])   # the rows of line i in the CSV

# ---- text: width estimate in px for DejaVu Sans, wrapping, escaping for the bold face
tw(s,size) = strlen(s)*size*0.59
lastgap(s,n) = n < 2 ? 0 : (s[n:n] eq ' ' || s[n:n] eq '-' || s[n:n] eq '_' || s[n:n] eq '.') ? n : lastgap(s, n-1)
lastspace(s,n) = n < 2 ? 0 : s[n:n] eq ' ' ? n : lastspace(s, n-1)
cut(s,n) = strlen(s) <= n ? strlen(s) : (_c = lastspace(s, n), _c > 1 ? _c : n)
cutname(s,n) = strlen(s) <= n ? strlen(s) : (_c = lastgap(s, n), _c > 1 ? _c : n)
esc(s) = strlen(s) == 0 ? '' : (strstrt('^_@&~{}\', s[1:1]) > 0 ? '\'.s[1:1] : s[1:1]).esc(s[2:*])
# the SVG terminal keeps one family name for a bold run: the commas of the stack go in as XML entities
BOLD = fig_format eq 'pdf' || fig_format eq 'png' ? ':Bold ' : '"DejaVu Sans&#44; Helvetica&#44; Arial&#44; sans-serif":Bold '
bold(s) = '{/'.BOLD.esc(s).'}'

# ---- page in pixels, origin top left
SX(x) = x/real(W)
SY(y) = 1 - y/real(H)

paneltitle(p) = bold(panel_title[p]).(strlen(panel_unit[p]) > 0 ? '  {/*0.9 '.esc(panel_unit[p]).'}' : '').(panel_log[p] ? '{/*0.9  · log scale'.(PZERO[p] ? ', 0 at its foot' : '').'}' : '')

$head << EOP
_n = int((W - 40)/(17*0.68)); _s = fig_title; ntitle = 0; array TITLE[6];
do for [_i=1:6] { if (strlen(_s) > 0) { ntitle = ntitle + 1; _k = cut(_s, _n); TITLE[ntitle] = _s[1:_k]; _s = _s[_k+1:*] } };
_n = int((W - 40)/(11.5*0.57)); _s = fig_subtitle; nsub = 0; array SUB[6];
do for [_i=1:6] { if (strlen(_s) > 0) { nsub = nsub + 1; _k = cut(_s, _n); SUB[nsub] = _s[1:_k]; _s = _s[_k+1:*] } };
YHEAD = 16 + 22*ntitle + 16*nsub + 6;
YFOOT = strlen(fig_footnote) > 0 ? 20 : 4
EOP

$open << EOP
if (fig_format eq 'pdf') { set terminal pdfcairo enhanced color size W/96.0,H/96.0 font 'DejaVu Sans,12' fontscale 0.5625 linewidth 1.5 pointscale 1.1 dashlength 1.5 background '#ffffff' };
if (fig_format eq 'png') { set terminal pngcairo enhanced truecolor size 2*W,2*H font 'DejaVu Sans,12' fontscale 1.5 linewidth 2 pointscale 2.5 dashlength 1.7 background '#ffffff' };
if (fig_format ne 'pdf' && fig_format ne 'png') { set terminal svg enhanced size W,H font 'DejaVu Sans, Helvetica, Arial, sans-serif,12' linewidth 1 dashlength 1 butt background '#ffffff' };
set output fig_output;
do for [_i=1:ntitle] { set label bold(TITLE[_i]) at screen SX(20), screen SY(12 + 22*_i) left font ',17' tc rgb INK };
do for [_i=1:nsub] { set label SUB[_i] at screen SX(20), screen SY(14 + 22*ntitle + 16*_i) left font ',11.5' tc rgb GREY noenhanced };
if (strlen(fig_footnote) > 0) { set label fig_footnote at screen SX(20), screen SY(H - 10) left font ',9.5' tc rgb GREY noenhanced };
unset key; unset title; unset xlabel; unset ylabel; unset colorbox;
set border 3 back lc rgb AXIS lw 1;
set tics nomirror out scale 0.4,0.2 font ',10.5' textcolor rgb GREY;
set errorbars small
EOP

# One pass over the data: ranges, first and last row of each line. Columns: 1 line, 2 x, 3 y, 4 low, 5 high.
$ranges << EOP
array LYMAX[nlines]; array LYMIN[nlines]; array LYPOS[nlines]; array LYLP[nlines]; array LYHI[nlines]; array LYLO[nlines]; array LYLAST[nlines]; array LXLAST[nlines]; array ROW1[nlines]; array ROW2[nlines];
do for [_i=1:nlines] { LYMAX[_i] = NaN; LYMIN[_i] = NaN; LYPOS[_i] = NaN; LYLP[_i] = NaN; LYHI[_i] = NaN; LYLO[_i] = NaN; LYLAST[_i] = NaN; LXLAST[_i] = NaN; ROW1[_i] = -1; ROW2[_i] = -1 };
XMIN = NaN; XMAX = NaN; _n = -1;
stats fig_data skip 1 using (_n = _n + 1, _k = int($1), _k < 1 || _k > nlines ? 0 : (_x = num(2), _y = num(3), _l = num(4), _h = num(5),
  ROW1[_k] = ROW1[_k] < 0 ? _n : ROW1[_k], ROW2[_k] = _n,
  LYMAX[_k] = max2(LYMAX[_k], _y), LYMIN[_k] = min2(LYMIN[_k], _y), LYHI[_k] = max2(LYHI[_k], _h), LYLO[_k] = min2(LYLO[_k], _l),
  LYLP[_k] = _l > 0 ? min2(LYLP[_k], _l) : LYLP[_k], LYPOS[_k] = _y > 0 ? min2(LYPOS[_k], _y) : LYPOS[_k],
  ok(_y) ? (XMIN = min2(XMIN, _x), XMAX = max2(XMAX, _x), !(_x < LXLAST[_k]) ? (LXLAST[_k] = _x, LYLAST[_k] = _y) : 0) : 0), 0) name 'S' nooutput;
if (_n < 0) { set print; print fig_data.': no rows, or not there'; exit status 2 };
array PLO[npanels]; array PHI[npanels]; array PPOS[npanels]; array PLP[npanels]; array PZERO[npanels];
do for [_p=1:npanels] {
  PLO[_p] = NaN; PHI[_p] = NaN; PPOS[_p] = NaN; PLP[_p] = NaN; PZERO[_p] = 0; _hi = NaN; _lo = NaN;
  do for [_i=1:nlines] { if (line_panel[_i] == _p) {
    PLO[_p] = min2(PLO[_p], LYMIN[_i]); PHI[_p] = max2(PHI[_p], LYMAX[_i]); PPOS[_p] = min2(PPOS[_p], LYPOS[_i]); PLP[_p] = min2(PLP[_p], LYLP[_i]); _hi = max2(_hi, LYHI[_i]); _lo = min2(_lo, LYLO[_i]);
    if (LYMIN[_i] <= 0) { PZERO[_p] = 1 } } };
  if (ok(_hi) && ok(PHI[_p])) { PHI[_p] = max2(PHI[_p], min2(_hi, PHI[_p] > 0 ? 1.6*PHI[_p] : _hi)) };
  if (ok(_lo) && ok(PLO[_p])) { PLO[_p] = min2(PLO[_p], (PLO[_p] >= 0 && _lo < 0) ? 0 : _lo) };
}
EOP

# y axis of panel _p: sets YLO, YHI, the range, round ticks, the grid. Wants a height in px in _ph.
$yaxis << EOP
unset logscale y; YLO = PLO[_p]; YHI = PHI[_p]; _slo = panel_slo[_p]; SLOIN = 0;
if (ok(_slo) && panel_log[_p]) { YHI = max2(YHI, _slo*1.1); PPOS[_p] = min2(PPOS[_p], _slo); SLOIN = 1 };
if (ok(_slo) && !panel_log[_p] && _slo <= 2.5*max2(YHI, 1e-300)) { YHI = max2(YHI, _slo*1.02); SLOIN = 1 };
if (!ok(YHI)) { YLO = 0; YHI = 1 };
set ytics () font ',10.5'; YT = '';
if (panel_log[_p]) {
  YLO = ok(PPOS[_p]) ? min2(PPOS[_p], max2(PLP[_p], PPOS[_p]/3.0)) : 1; if (YHI <= YLO) { YHI = 10*YLO };
  if (ok(panel_min[_p]) && panel_min[_p] > 0) { YLO = panel_min[_p] } else { YLO = PZERO[_p] ? 10**(floor(log10(YLO) - 0.05)) : YLO/1.15 };
  if (ok(panel_max[_p]) && panel_max[_p] > YLO) { YHI = panel_max[_p] } else { YHI = YHI*1.25 };
  _dec = log10(YHI/YLO); _stp = max2(1, ceil(_dec/max2(2, _ph/26.0)));
  set logscale y;
  do for [_d=floor(log10(YLO)):ceil(log10(YHI))] {
    do for [_m=1:9] { _v = _m*10.0**_d; if (_v >= YLO*0.9999 && _v <= YHI*1.0001) {
      if ((_m == 1 && (_d - floor(log10(YLO))) % int(_stp) == 0) || (_ph/_dec > 80 && (_m == 2 || _m == 5)) || (_dec < 0.6)) { set ytics add ((PZERO[_p] && abs(_v/YLO - 1) < 1e-6 ? '0' : human(_v)) _v 0); YT = YT.sprintf(' %.12g', _v) } else { if (_dec < 6) { set ytics add ('' _v 1) } } } } };
} else {
  if (ok(panel_min[_p])) { YLO = panel_min[_p] } else { if (YLO > 0 && YHI - YLO > 0.15*YHI) { YLO = 0 } };
  if (YLO == YHI) { if (YHI == 0) { YHI = 1 } else { YLO = min2(0, YLO); YHI = max2(0, YHI) } };
  _st = nice((YHI - YLO)/max2(2, min2(5, _ph/32.0)));
  if (YLO != 0 && !ok(panel_min[_p])) { YLO = floor(YLO/_st)*_st };
  if (ok(panel_max[_p])) { YHI = panel_max[_p] } else { YHI = YHI + 0.06*(YHI - YLO) };
  if (panel_share[_p] && YHI > 1 && YLO < 1) { YHI = 1 + 0.02*(1 - YLO) };
  do for [_m=int(ceil(YLO/_st - 1e-9)):int(floor((panel_share[_p] ? min2(YHI, 1) : YHI)/_st + 1e-9))] { set ytics add (human(_m*_st) _m*_st 0); YT = YT.sprintf(' %.12g', _m*_st) };
};
set yrange [panel_log[_p] ? YLO*0.9999 : YLO : YHI]; set grid ytics lt 1 lc rgb RULE lw 0.8 back
EOP

# numeric x axis (bars, curve, ccdf) from XLO..XHI; x_log; wants a width in px in _pw; ticks end at x_top.
x_top = 1e308
$xaxis << EOP
unset logscale x; set xtics () font ',10.5';
if (x_log) {
  set logscale x; _dec = log10(XHI/XLO); _stp = int(max2(1, ceil(46*_dec/_pw)));
  do for [_d=floor(log10(XLO)):ceil(log10(XHI))] { do for [_m=1:9] { _v = _m*10.0**_d; if (_v >= XLO*0.9999 && _v <= XHI*1.0001) {
    if ((_m == 1 && (_d - floor(log10(XLO))) % _stp == 0) || (_stp == 1 && _pw/_dec > 110 && (_m == 2 || _m == 5)) || (_dec < 0.6)) { set xtics add (human(_v) _v 0) } else { if (_dec < 6 || _m == 1) { set xtics add ('' _v 1) } } } } };
} else {
  _st = nice((XHI - XLO)/max2(2, _pw/60.0));
  do for [_m=int(ceil(XLO/_st - 1e-9)):int(floor(min2(XHI, x_top)/_st + 1e-9))] { set xtics add (human(_m*_st) _m*_st 0) };
};
set xrange [x_log ? XLO*0.9999 : XLO : XHI]
EOP

# horizontal legend of the variants from y = YL down; first pass (DRAW = 0) only counts rows.
$legend << EOP
_lx = 20; _row = 0;
do for [_i=1:nlegend] {
  _w = 38 + tw(LEGNAME[_i], 11.5) + 20;
  if (_lx > 20 && _lx + _w > W - 10) { _lx = 20; _row = _row + 1 };
  if (DRAW) {
    _yy = YL + 18*_row;
    if (LEGKEY[_i] >= 0) {
      set arrow from screen SX(_lx), screen SY(_yy) to screen SX(_lx + 30), screen SY(_yy) nohead lw 2 lc rgb solid(LEGKEY[_i]) dt dash(LEGKEY[_i]) front;
      set label '' at screen SX(_lx + 15), screen SY(_yy) point pt mark(LEGKEY[_i]) ps 0.7 lc rgb solid(LEGKEY[_i]) front;
    } else {
      if (LEGKEY[_i] == -1) { set arrow from screen SX(_lx), screen SY(_yy) to screen SX(_lx + 30), screen SY(_yy) nohead lw 1.2 lc rgb '#000000' dt 30 front };
      if (LEGKEY[_i] == -3) { set arrow from screen SX(_lx), screen SY(_yy) to screen SX(_lx + 30), screen SY(_yy) nohead lw 1.6 lc rgb GHOST front };
      if (LEGKEY[_i] == -2) { set object rectangle from screen SX(_lx + 4), screen SY(_yy + 6) to screen SX(_lx + 30), screen SY(_yy - 6) fc rgb FAULT fs solid noborder };
    };
    set label LEGNAME[_i] at screen SX(_lx + 37), screen SY(_yy) left font ',11.5' tc rgb INK noenhanced front;
  };
  _lx = _lx + _w };
LEGH = nlegend > 0 ? 18*(_row + 1) + 4 : 0
EOP

proc(name) = name eq 'head' ? PHEAD : name eq 'open' ? POPEN : name eq 'ranges' ? PRANGES : name eq 'yaxis' ? PYAXIS : name eq 'xaxis' ? PXAXIS : PLEGEND
PHEAD = ''; do for [_i=1:|$head|] { PHEAD = PHEAD.$head[_i].' ' }
POPEN = ''; do for [_i=1:|$open|] { POPEN = POPEN.$open[_i].' ' }
PRANGES = ''; do for [_i=1:|$ranges|] { PRANGES = PRANGES.$ranges[_i].' ' }
PYAXIS = ''; do for [_i=1:|$yaxis|] { PYAXIS = PYAXIS.$yaxis[_i].' ' }
PXAXIS = ''; do for [_i=1:|$xaxis|] { PXAXIS = PXAXIS.$xaxis[_i].' ' }
PLEGEND = ''; do for [_i=1:|$legend|] { PLEGEND = PLEGEND.$legend[_i].' ' }

