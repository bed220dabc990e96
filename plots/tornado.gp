# tornado.gp: a metric as each input goes from mid to low and to high. data columns:
# row,at_low,low_low,low_high,at_high,high_low,high_high,input,unit (row 1, the longest, on top)

if (!exists("fig_xunit")) fig_xunit = ''
W = fig_width; H = 100
TLO = fig_mid; THI = fig_mid; _n = -1
stats fig_data skip 1 using (_n = _n + 1, TLO = min2(TLO, min2(min2(num(2), num(3)), min2(num(5), num(6)))), THI = max2(THI, max2(max2(num(2), num(4)), max2(num(5), num(7)))), 0) name 'S' nooutput
if (_n < 0) { print fig_data.': no rows, or not there'; exit status 2 }
if (!(THI > TLO)) { THI = TLO + max2(abs(TLO), 1)*0.1; TLO = TLO - max2(abs(TLO), 1)*0.1 }

# what is said of an input stands in a column of its own, on the right
NW = 0; TW = 0; VW = 0; do for [i=1:ninputs] { NW = max2(NW, tw(input_name[i], 11.5)); VW = max2(VW, tw(input_note[i], 9.5)); TW = max2(TW, max2(tw(input_low[i], 10), tw(input_high[i], 10))) }
LM = min2(max2(80, NW + 34), 0.4*W); RM = 28 + (VW > 0 ? min2(VW + 6, 0.25*W) : 0); NCH = int((LM - 26)/(11.5*0.59))
CW = W - LM - RM; BH = 34; PH = BH*ninputs + 10
eval proc('head')
YL = YHEAD + 10; YP = YL + 38
H = YP + PH + 50 + YFOOT
eval proc('open')
set multiplot
set lmargin at screen SX(LM); set rmargin at screen SX(LM + CW); set tmargin at screen SY(YP); set bmargin at screen SY(YP + PH)
x_log = 0; _pw = CW; _room = (TW + 16)/(CW - 2*(TW + 16))
XLO = TLO - _room*(THI - TLO); XHI = THI + _room*(THI - TLO)
eval proc('xaxis')
set yrange [ninputs + 0.5 + 5.0/BH : 0.5 - 5.0/BH]
unset grid; set grid xtics lt 1 lc rgb RULE lw 0.8 back
unset ytics; set border 0
LOWC = 1; HIGHC = 2
do for [i=1:ninputs] {
  set label (strlen(input_name[i]) > NCH ? input_name[i][1:NCH-1].'…' : input_name[i]) at graph 0, first i offset -0.8,0 right font ',11.5' tc rgb INK noenhanced
  if (strlen(input_note[i]) > 0) { set label input_note[i] at screen SX(LM + CW + 14), first i left font ',9.5' tc rgb GREY noenhanced }
}
# legend: the low value's bar and the high value's differ in colour and in filling
set object rectangle from screen SX(20), screen SY(YL + 6) to screen SX(46), screen SY(YL - 6) fc rgb solid(LOWC) fs solid 0.85 noborder
set label 'input at its low value' at screen SX(53), screen SY(YL) left font ',11.5' tc rgb INK noenhanced
set object rectangle from screen SX(226), screen SY(YL + 6) to screen SX(252), screen SY(YL - 6) fc rgb solid(HIGHC) fs solid 0.45 border lc rgb solid(HIGHC)
set label 'input at its high value' at screen SX(259), screen SY(YL) left font ',11.5' tc rgb INK noenhanced
set label 'all at mid: '.human(fig_mid).' '.fig_xunit at first fig_mid, screen SY(YP - 10) center font ',10' tc rgb INK noenhanced
set label fig_xlabel.(strlen(fig_xunit) > 0 ? ' ('.fig_xunit.')' : '') at screen SX(LM + CW), screen SY(YP + PH + 38) right font ',10.5' tc rgb GREY noenhanced
set arrow from first fig_mid, graph 0 to first fig_mid, graph 1 nohead lw 1.2 lc rgb INK front

# a side's label stands beyond its whisker, away from mid
beyond(v,l,h) = !ok(v) ? fig_mid : v < fig_mid ? min2(v, l) : max2(v, h)
_cmd = 'fig_data skip 1 using (fig_mid):($1-0.14):(fig_mid):(num(2)):($1-0.29):($1+0.01) with boxxyerror fc rgb solid(LOWC) fs solid 0.85 noborder'
_cmd = _cmd.', fig_data skip 1 using (fig_mid):($1+0.16):(fig_mid):(num(5)):($1+0.01):($1+0.31) with boxxyerror fc rgb solid(HIGHC) fs solid 0.45 border lc rgb solid(HIGHC)'
do for [c=1:2] { _b = c == 1 ? 2 : 5; _o = c == 1 ? -0.14 : 0.16
  _cmd = _cmd.sprintf(', fig_data skip 1 using (num(%d)):($1+%.2f):(num(%d)):(num(%d)) with xerrorbars pt 0 ps 0 lw 3 lc rgb "#ffffff"', _b, _o, _b+1, _b+2)
  _cmd = _cmd.sprintf(', fig_data skip 1 using (num(%d)):($1+%.2f):(num(%d)):(num(%d)) with xerrorbars pt 0 ps 0 lw 1.2 lc rgb "#444444"', _b, _o, _b+1, _b+2)
  # where a side has no label it is empty: gnuplot 5.4 ends when the only point of a label plot is NaN
  do for [_side=0:1] {
    _cmd = _cmd.sprintf(', fig_data skip 1 using (beyond(num(%d),num(%d),num(%d))):($1+%.2f):(ok(num(%d)) && (num(%d) < fig_mid) == %d ? %s[int($1)] : "") with labels %s offset %.1f,0 font ",10" tc rgb "#222222" noenhanced', _b, _b+1, _b+2, _o, _b, _b, 1-_side, c == 1 ? 'input_low' : 'input_high', _side ? 'left' : 'right', _side ? 0.7 : -0.7) } }
eval 'plot '._cmd
unset multiplot
set output
