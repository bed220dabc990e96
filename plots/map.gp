# map.gp: a share over two parameters, a cell per pair of values. data columns:
# column,row,share,low,high,x,y,yes,trials (column and row count from 1, row 1 is drawn at the bottom)

if (!exists("fig_ylabel")) fig_ylabel = ''
if (!exists("fig_zlabel")) fig_zlabel = ''
W = fig_width; H = 100
_n = -1
stats fig_data skip 1 using (_n = _n + 1, 0) name 'S' nooutput
if (_n < 0) { print fig_data.': no rows, or not there'; exit status 2 }

# labels decide the margin; a cell is as wide as there is room, and half as high as wide within limits
NW = 0; do for [i=1:nrows] { NW = max2(NW, tw(row_label[i], 10.5)) }
LM = max2(64, NW + 24); RM = 96
CW = (W - LM - RM)/real(ncolumns); CH = min2(64, max2(16, min2(CW*0.62, 460.0/nrows)))
PW = CW*ncolumns; PH = CH*nrows
eval proc('head')
YP = YHEAD + 26
H = YP + PH + 56 + YFOOT
eval proc('open')
set multiplot
set lmargin at screen SX(LM); set rmargin at screen SX(LM + PW); set tmargin at screen SY(YP); set bmargin at screen SY(YP + PH)
set xrange [0.5 : ncolumns + 0.5]; set yrange [0.5 : nrows + 0.5]
unset grid; set border 0
XSTEP = int(ceil(max2(1, ncolumns*46.0/PW))); YSTEP = int(ceil(max2(1, nrows*15.0/PH)))
set xtics () scale 0 font ',10.5'; set ytics () scale 0 font ',10.5'
do for [i=1:ncolumns] { if ((i - 1) % XSTEP == 0) { set xtics add (column_label[i] i) } }
do for [i=1:nrows]    { if ((i - 1) % YSTEP == 0) { set ytics add (row_label[i] i) } }
set label fig_ylabel at screen SX(20), screen SY(YP - 14) left font ',10.5' tc rgb GREY noenhanced
set label fig_xlabel at screen SX(LM + PW), screen SY(YP + PH + 40) right font ',10.5' tc rgb GREY noenhanced

# from orange (never) over near-white (one in two) to blue (always): told apart in any colour vision
mix(a,b,t) = int(a + (b - a)*t + 0.5)
ramp(v) = v < 0.5 ? 65536*mix(0xD5,0xF4,2*v) + 256*mix(0x5E,0xF1,2*v) + mix(0x00,0xEC,2*v) : 65536*mix(0xF4,0x00,2*v-1) + 256*mix(0xF1,0x72,2*v-1) + mix(0xEC,0xB2,2*v-1)
shade(v) = v != v ? 0xDDDDDD : ramp(v)
ink(v) = (v == v && v > 0.82) ? 0xFFFFFF : 0x222222
BIG = CW >= 40 && CH >= 15; SMALL = CW >= 66 && CH >= 30
share(v) = v != v ? '-' : sprintf('%.0f %%', 100*v)
_cmd = 'fig_data skip 1 using 1:2:($1-0.49):($1+0.49):($2-0.48):($2+0.48):(shade(num(3))) with boxxyerror lc rgb variable fs solid noborder'
if (BIG) { _cmd = _cmd.sprintf(', fig_data skip 1 using 1:2:(share(num(3))):(ink(num(3))) with labels center offset 0,%.2f font ",%.1f" tc rgb variable noenhanced', SMALL ? 0.35 : 0, SMALL ? 11 : 9.5) }
if (SMALL) { _cmd = _cmd.', fig_data skip 1 using 1:2:(has(4) ? sprintf("%.0f–%.0f", 100*num(4), 100*num(5)) : ""):(ink(num(3))) with labels center offset 0,-0.55 font ",8.5" tc rgb variable noenhanced' }

# the key: a bar of the same ramp
KX = LM + PW + 24; KW = 14; KN = 50
do for [i=1:KN] { set object rectangle from screen SX(KX), screen SY(YP + PH - (i-1)*PH/real(KN)) to screen SX(KX + KW), screen SY(YP + PH - i*PH/real(KN)) fc rgb shade((i-0.5)/KN) fs solid noborder }
do for [i=0:4] { set label sprintf('%d %%', 25*i) at screen SX(KX + KW + 6), screen SY(YP + PH - i*PH/4.0) left font ',9.5' tc rgb GREY noenhanced }
set label (BIG ? '' : fig_zlabel) at screen SX(LM + PW), screen SY(YP - 14) right font ',10.5' tc rgb GREY noenhanced
eval 'plot '._cmd
unset multiplot
set output
