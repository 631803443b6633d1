"""Temporary."""
import numpy as np
from scipy.special import ndtr, ndtri
from planner.columns import Column
_X,_W=np.polynomial.legendre.leggauss(12)
def both_right(a: Column, b: Column, rho: Column) -> Column:
    """P(both)."""
    a,b,rho=np.broadcast_arrays(*(np.asarray(v,float) for v in (a,b,rho)))
    h,k=ndtri(a),ndtri(b)
    top=np.arcsin(rho)/2
    total=0.0
    for x,w in zip(_X,_W):
        t=np.sin(top*(x+1)); 
        total=total+w*np.exp(-(h*h+k*k-2*h*k*t)/(2*(1-t*t)))
    r=a*b+top*total/(2*np.pi)
    return np.where((a<=0)|(b<=0),0.0,np.where(a>=1,b,np.where(b>=1,a,r)))
